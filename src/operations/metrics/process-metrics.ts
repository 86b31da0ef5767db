import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Exposition } from "./exposition.js";
import { Histogram } from "./histogram.js";

/** The interval of measuring the event loop's delay, in milliseconds. */
const SAMPLE_MS = 20;
const DELAYS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** The metrics of CPU, memory and event loop of this process. The names follow other Node exporters where they exist. */
export class ProcessMetrics {
  readonly #delays = new Histogram(DELAYS);
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  write(out: Exposition): void {
    this.#writeTimes(out);
    this.#writeMemory(out);
    this.#writeLoop(out);
    const [major = "", minor = "", patch = ""] = process.versions.node.split(".");
    const labels = { version: process.version, major, minor, patch };
    out.single({ name: "nodejs_version_info", type: "gauge", help: "Node version." }, 1, labels);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #writeTimes(out: Exposition): void {
    const { user, system } = process.cpuUsage();
    const counter = (name: string, help: string, value: number) => out.single({ name, type: "counter", help }, value);
    counter("process_cpu_user_seconds_total", "CPU time of this process in user mode, in seconds.", user / 1e6);
    counter("process_cpu_system_seconds_total", "CPU time of this process in the kernel, in seconds.", system / 1e6);
    counter("process_cpu_seconds_total", "CPU time of this process, in seconds.", (user + system) / 1e6);
    out.single(
      { name: "process_start_time_seconds", type: "gauge", help: "Start of this process, in seconds since 1970." },
      Math.round(Date.now() / 1_000 - process.uptime()),
    );
  }

  #writeMemory(out: Exposition): void {
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const gauge = (name: string, help: string, value: number) => out.single({ name, type: "gauge", help }, value);
    gauge("process_resident_memory_bytes", "Resident memory of this process, in bytes.", rss);
    gauge("nodejs_heap_size_total_bytes", "Size of the heap, in bytes.", heapTotal);
    gauge("nodejs_heap_size_used_bytes", "Used part of the heap, in bytes.", heapUsed);
    gauge("nodejs_heap_size_limit_bytes", "Maximum size of the heap, in bytes.", getHeapStatistics().heap_size_limit);
    gauge("nodejs_external_memory_bytes", "Memory outside the heap that is bound to objects, in bytes.", external);
    gauge("nodejs_array_buffers_bytes", "Memory of buffers, in bytes; part of the external memory.", arrayBuffers);
  }

  #writeLoop(out: Exposition): void {
    const { active, idle } = performance.eventLoopUtilization();
    const counter = (name: string, help: string, value: number) => out.single({ name, type: "counter", help }, value);
    counter("nodejs_eventloop_active_seconds_total", "Time that the event loop was busy, in seconds.", active / 1_000);
    counter("nodejs_eventloop_idle_seconds_total", "Time that the event loop was idle, in seconds.", idle / 1_000);
    const delay = "nodejs_eventloop_delay_seconds";
    out.head({ name: delay, type: "histogram", help: "Delay of timers, measured every 20 ms, in seconds." });
    this.#delays.write(out, delay, {});
  }

  #sample(): void {
    const nowMs = performance.now();
    this.#delays.add(Math.max(0, nowMs - this.#lastMs - SAMPLE_MS) / 1_000);
    this.#lastMs = nowMs;
  }
}
