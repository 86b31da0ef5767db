import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkRoomBeside, DiskRoom } from "../../../src/router/store/disk-room.js";
import { temporary } from "../../support/folder.js";

test("a file is extended with zeros behind what is in it now, not behind what was in it before", (t) => {
  const file = join(temporary(t), "file");
  writeFileSync(file, "first");
  const room = new DiskRoom(file);
  appendFileSync(file, " second");
  room.extendTo(100);
  const bytes = readFileSync(file);
  expect(bytes.length).toBeGreaterThanOrEqual(100);
  expect(bytes.toString("latin1").replace(/\0+$/, "")).toBe("first second");
  const { size } = statSync(file);
  room.extendTo(size);
  expect(statSync(file).size).toBe(size);
});

test("where there is no room, the file is named and nothing is left behind", (t) => {
  const path = temporary(t);
  const missing = join(path, "missing", "file");
  expect(() => checkRoomBeside(missing, 1)).toThrow(`${missing} cannot get more space on its disk: ENOENT`);
  checkRoomBeside(join(path, "file"), 100_000);
  expect(() => statSync(join(path, "file.room"))).toThrow("ENOENT");
});
