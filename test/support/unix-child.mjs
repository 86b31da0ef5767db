/** A child process of tests: listens on the Unix socket it is given, until it is killed. */
import { createServer } from "node:net";

const [, , path] = process.argv;
createServer().listen(path, () => process.stdout.write("listening\n"));
