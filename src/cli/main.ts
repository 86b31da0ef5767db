#!/usr/bin/env node
/** The `wampact` command. */
import { program } from "./program.js";

await program().parseAsync();
