import type { ReactNode } from "react";

/** A drawing of each lot, in the colors of the page. Screen readers skip it, because the title says the same. */
const DRAWINGS: Readonly<Record<string, ReactNode>> = {
  telescope: (
    <>
      <path className="line" d="M160 128 128 176M160 128l32 48M160 128v52" />
      <g transform="rotate(-24 160 116)">
        <rect className="gold" x="92" y="102" width="62" height="28" rx="3" />
        <rect className="gold-dark" x="154" y="106" width="46" height="20" rx="2" />
        <rect className="gold" x="200" y="109" width="34" height="14" rx="2" />
        <rect className="gold-dark" x="84" y="98" width="10" height="36" rx="3" />
        <path className="shine" d="M96 108h54" />
      </g>
    </>
  ),
  vase: (
    <>
      <path
        className="blue"
        d="M138 48h44l-6 16c-3 12 2 22 14 34 12 13 16 30 8 46-6 13-18 22-26 28h-24c-8-6-20-15-26-28-8-16-4-33 8-46 12-12 17-22 14-34z"
      />
      <path className="gold" d="M136 44h48v7h-48zM144 170h32v8h-32z" />
      <path className="band" d="M121 122q39 15 78 0M119 136q41 16 82 0" />
      <circle className="gold" cx="160" cy="98" r="6" />
    </>
  ),
  clock: (
    <>
      <path className="wood" d="M104 178V92a56 56 0 0 1 112 0v86z" />
      <path className="wood-dark" d="M92 172h136v12H92z" />
      <circle className="gold" cx="160" cy="98" r="40" />
      <circle className="face" cx="160" cy="98" r="34" />
      <path className="hand" d="M160 98V74M160 98l17 10" />
      <circle className="gold" cx="160" cy="152" r="9" />
    </>
  ),
  landscape: (
    <>
      <rect className="gold" x="72" y="44" width="176" height="132" rx="3" />
      <rect className="sky" x="84" y="56" width="152" height="108" />
      <circle className="sun" cx="190" cy="98" r="15" />
      <path className="hill-far" d="M84 122l34-26 30 22 34-30 54 40v14H84z" />
      <path className="lake" d="M84 126h152v38H84z" />
      <path className="shine" d="M176 136h30M168 146h44M182 156h20" />
    </>
  ),
  chair: (
    <>
      <path className="bent" d="M124 184V86c0-46 72-46 72 0v98" />
      <path className="bent thin" d="M138 122V90c0-28 44-28 44 0v32" />
      <ellipse className="wood" cx="160" cy="128" rx="44" ry="13" />
      <path className="bent thin" d="M136 138l-8 46M184 138l8 46M134 160q26 12 52 0" />
    </>
  ),
  atlas: (
    <>
      <path className="leather" d="M68 62q46-14 92 4 46-18 92-4v108q-46-14-92 4-46-18-92-4z" />
      <path className="face" d="M76 60q42-12 84 6v102q-42-16-84-6zM244 60q-42-12-84 6v102q42-16 84-6z" />
      <circle className="star-ring" cx="118" cy="112" r="28" />
      <path className="star-ring" d="M90 112h56M118 84v56" />
      <path className="star-ring" d="M180 92l22 12 20-16M202 104l6 30 20 6M208 134l-24 8" />
      <g className="gold">
        <circle cx="180" cy="92" r="4" />
        <circle cx="202" cy="104" r="5" />
        <circle cx="222" cy="88" r="4" />
        <circle cx="208" cy="134" r="4" />
        <circle cx="118" cy="112" r="7" />
      </g>
    </>
  ),
};

export function Picture({ of }: { readonly of: string }) {
  return (
    <svg className="picture" data-lot={of} viewBox="0 0 320 220" aria-hidden="true">
      <ellipse className="shadow" cx="160" cy="186" rx="96" ry="9" />
      {DRAWINGS[of]}
    </svg>
  );
}
