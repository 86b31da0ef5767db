import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkSettings, flag, type SettingRules, text } from "../src/wire/settings.js";
import { joinContracts } from "./model/join.js";
import { requireContracts } from "./no-contracts.js";
import { projectPath } from "./paths.js";
import { outputsOf } from "./places.js";
import { printApi } from "./printers/api-md.js";
import { type ProjectInfo, printAsyncApi } from "./printers/asyncapi.js";
import { printJsonSchema } from "./printers/json-schema.js";
import { printOpenApi } from "./printers/openapi.js";
import { createCodeWriter, READ_RULES, type ReadOptions, readContracts } from "./read.js";
import { apply, type Change, compare } from "./writer.js";

export interface DocumentOptions extends ReadOptions {
  /** The directory of the documents. Default: the directory of the first contracts' generated files. */
  readonly out?: string;
  /**
   * The URL of the realm at an HTTP bridge, such as `https://app.example/api/com.app`. If it is set, `openapi.json` is also
   * written. Default: it is not written.
   */
  readonly openapi?: string;
  /** Compares only, and writes nothing. Default: false. */
  readonly check?: boolean;
}

const RULES: SettingRules<DocumentOptions> = { ...READ_RULES, out: text, openapi: text, check: flag };

/**
 * Writes documents of the contracts: `API.md` for people, `asyncapi.json` (AsyncAPI 3) and `payloads.schema.json` (JSON Schema,
 * draft 2020-12) for tools, and `openapi.json` (OpenAPI 3.1) on request. Title, version and description come from the project's
 * `package.json`. Returns every file with its text before and after. Throws `CodegenError` with every problem of the contracts,
 * or if there is no contract. Throws `TypeError` for an unknown option or an invalid value.
 */
export async function writeDocuments(options: DocumentOptions = {}): Promise<readonly Change[]> {
  checkSettings(options, RULES, "writeDocuments");
  const { openapi: server } = options;
  if (server !== undefined && !isServer(server))
    throw new TypeError(
      `openapi: expected the URL of a realm, such as "https://app.example/api/com.app", got "${server}"`,
    );
  const { places, inputs, contracts } = requireContracts(await readContracts(options));
  const { cwd } = places;
  const [out = join(cwd, "generated")] = outputsOf(places, inputs);
  const models = contracts.map(({ model }) => model);
  const joined = joinContracts(models);
  const info = await projectInfo(cwd);
  const createWriter = await createCodeWriter();
  const files = [
    { path: "API.md", text: printApi(models, { info, createWriter }) },
    { path: "asyncapi.json", text: printAsyncApi(joined, info) },
    { path: "payloads.schema.json", text: printJsonSchema(joined) },
    ...(server === undefined ? [] : [{ path: "openapi.json", text: printOpenApi(joined, { info, server }) }]),
  ];
  const changes = await compare(out, { cwd, files, obsolete: [] });
  if (!options.check) await apply(out, changes, cwd);
  return changes.map((change) => ({ ...change, path: projectPath(cwd, join(out, change.path)) }));
}

function isServer(url: string): boolean {
  return /^(?:https?:\/)?\/[^\s?#]*[^/\s?#]$/.test(url);
}

async function projectInfo(cwd: string): Promise<ProjectInfo> {
  const text = await readFile(join(cwd, "package.json"), "utf8").catch(() => "{}");
  const { name, version, description } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return {
    title: typeof name === "string" ? name : basename(cwd),
    version: typeof version === "string" ? version : "0.0.0",
    ...(typeof description === "string" && { description }),
  };
}
