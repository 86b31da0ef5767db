import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lmdbStore } from "wampact/lmdb";
import { temporary } from "../../support/folder.js";
import { asOnWindows } from "../../support/platform.js";

test("two realms whose names differ in case do not share a file where the file system ignores case", (t) => {
  const path = temporary(t);
  const open = lmdbStore({ path, sync: false });
  const first = open("com.example.App");
  t.onTestFinished(() => first.close());
  const { existsSync } = fs;
  t.onTestFinished(() => {
    fs.existsSync = existsSync;
    syncBuiltinESMExports();
  });
  fs.existsSync = (file) =>
    fs.readdirSync(path).some((name) => join(path, name).toLowerCase() === `${file}`.toLowerCase());
  syncBuiltinESMExports();
  expect(() => open("com.example.app")).toThrow(
    `${join(path, "com.example.app.mdb")} is com.example.App.mdb, because the file system ignores case; give the realm "com.example.app" another name, or its store another path`,
  );
  open("com.example.other").close();
});

test("on Windows the file of a realm has a name that Windows allows", (t) => {
  asOnWindows(t);
  const path = temporary(t);
  const open = lmdbStore({ path, sync: false });
  for (const realm of ["aux", "COM1.app", "com.app", "console.*"]) open(realm).close();
  expect(fs.readdirSync(path).filter((name) => name.endsWith(".mdb"))).toEqual([
    "%43OM1.app.mdb",
    "%61ux.mdb",
    "com.app.mdb",
    "console.%2A.mdb",
  ]);
});

test.skipIf(process.platform === "win32")("only the router's user can read a new file of events", (t) => {
  const umask = process.umask(0);
  t.onTestFinished(() => void process.umask(umask));
  const path = join(temporary(t), "data", "events");
  lmdbStore({ path, sync: false })("com.app").close();
  const modeOf = (name: string) => (fs.statSync(join(path, name)).mode & 0o777).toString(8);
  expect({ path: modeOf("."), parent: modeOf(".."), file: modeOf("com.app.mdb") }).toEqual({
    path: "700",
    parent: "700",
    file: "600",
  });
  fs.chmodSync(join(path, "com.app.mdb"), 0o640);
  lmdbStore({ path, sync: false })("com.app").close();
  expect(modeOf("com.app.mdb")).toBe("640"); // the application's own choice stays
});
