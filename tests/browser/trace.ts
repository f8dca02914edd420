/** Reads what browsers recorded of their own work: how long a script ran, and in how long tasks. */

export interface Work {
  /** Milliseconds in which the script was at work, whatever it called included. */
  readonly scriptMs: number;
  /** The tasks in which it was at work, in milliseconds, the longest first. */
  readonly taskMs: readonly number[];
}

/** What Chromium is to trace for it. */
export const TRACED = ["toplevel", "devtools.timeline", "v8", "disabled-by-default-v8.cpu_profiler"];

/** An event of Chromium's trace format; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: string;
  readonly args: {
    readonly data?: {
      readonly startTime?: number;
      readonly cpuProfile?: {
        readonly nodes?: readonly { id: number; parent?: number; callFrame: { url?: string } }[];
        readonly samples?: readonly number[];
      };
      readonly timeDeltas?: readonly number[];
    };
  };
}

/** Pairs of start and length in microseconds. */
type Stretch = readonly [at: number, length: number];

/** Stretches between two samples of which the first has a function of `script` on its stack. */
function samplesOf(chunks: readonly TraceEvent[], script: string): Stretch[] {
  const parents = new Map<number, number | undefined>();
  const own = new Set<number>();
  const stretches: Stretch[] = [];
  let now = chunks.find(({ name }) => name === "Profile")?.args.data?.startTime ?? 0;
  let last: { at: number; own: boolean } | null = null;
  const isOwn = (node: number | undefined): boolean =>
    node !== undefined && (own.has(node) || isOwn(parents.get(node)));
  for (const { args } of chunks) {
    for (const { id, parent, callFrame } of args.data?.cpuProfile?.nodes ?? []) {
      parents.set(id, parent);
      if (callFrame.url?.includes(script) ?? false) own.add(id);
    }
    args.data?.cpuProfile?.samples?.forEach((node, number) => {
      now += args.data?.timeDeltas?.[number] ?? 0;
      if (last?.own ?? false) stretches.push([last?.at ?? 0, now - (last?.at ?? 0)]);
      last = { at: now, own: isOwn(node) };
    });
  }
  return stretches;
}

/** The work of a script in a trace of Chromium with its CPU profiler (cpu_profiler, toplevel). */
export function workInTrace(events: readonly TraceEvent[], script: string): Work {
  let scriptMs = 0;
  const taskMs: number[] = [];
  const profiles = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.name !== "Profile" && event.name !== "ProfileChunk") continue;
    const key = `${event.pid} ${event.id ?? ""}`;
    profiles.set(key, [...(profiles.get(key) ?? []), event]);
  }
  for (const chunks of profiles.values()) {
    const [{ pid, tid } = { pid: 0, tid: 0 }] = chunks.filter(({ name }) => name === "Profile");
    const stretches = samplesOf(chunks, script);
    const tasks = events
      .filter((event) => event.pid === pid && event.tid === tid && event.ph === "X" && event.name.endsWith("RunTask"))
      .filter(({ ts, dur = 0 }) => stretches.some(([at]) => at >= ts && at <= ts + dur));
    // Between two tasks nobody is at work, whatever the last sample before says.
    const inside = tasks.map(({ ts, dur = 0 }) =>
      stretches.reduce((sum, [at, length]) => sum + Math.max(0, Math.min(at + length, ts + dur) - Math.max(at, ts)), 0),
    );
    scriptMs += inside.reduce((sum, length) => sum + length, 0) / 1000;
    taskMs.push(...tasks.map(({ dur = 0 }) => dur / 1000));
  }
  return { scriptMs, taskMs: taskMs.sort((one, other) => other - one) };
}

/** A thread in a profile of Firefox (format "Gecko profile"); a process holds further processes. */
interface GeckoThread {
  readonly name: string;
  readonly samples: { readonly schema: { readonly stack: number; readonly time: number }; readonly data: readonly (readonly (number | null)[])[] };
  readonly stackTable: { readonly schema: { readonly prefix: number; readonly frame: number }; readonly data: readonly (readonly (number | null)[])[] };
  readonly frameTable: { readonly schema: { readonly location: number }; readonly data: readonly (readonly (number | null)[])[] };
  readonly stringTable: readonly string[];
}
export interface GeckoProfile {
  readonly meta: { readonly interval: number };
  readonly threads: readonly GeckoThread[];
  readonly processes: readonly GeckoProfile[];
}

/**
 * The work of a script in a profile of Firefox. It knows samples, not tasks: what is given as a task
 * is a stretch of samples without a pause, so that two tasks in a row count as one.
 */
export function workInProfile(profile: GeckoProfile, script: string): Work {
  const { interval } = profile.meta;
  let scriptMs = 0;
  const taskMs: number[] = [];
  for (const { name, samples, stackTable, frameTable, stringTable } of profile.threads) {
    if (name !== "GeckoMain") continue;
    const own = new Map<number, boolean>();
    const isOwn = (stack: number | null): boolean => {
      if (stack === null) return false;
      let known = own.get(stack);
      if (known === undefined) {
        const row = stackTable.data[stack] ?? [];
        const frame = frameTable.data[row[stackTable.schema.frame] ?? -1] ?? [];
        const location = stringTable[frame[frameTable.schema.location] ?? -1] ?? "";
        known = location.includes(script) || isOwn(row[stackTable.schema.prefix] ?? null);
        own.set(stack, known);
      }
      return known;
    };
    let stretch = 0;
    const end = () => {
      if (stretch > 0) taskMs.push(stretch);
      stretch = 0;
    };
    let before = -Infinity;
    for (const row of samples.data) {
      const time = row[samples.schema.time] ?? 0;
      if (!isOwn(row[samples.schema.stack] ?? null)) end();
      else {
        // A sample that comes late stands for the time since the one before, if that was ours too.
        const length = stretch > 0 ? time - before : interval;
        stretch += length;
        scriptMs += length;
      }
      before = time;
    }
    end();
  }
  const inner = profile.processes.map((process) => workInProfile(process, script));
  return {
    scriptMs: inner.reduce((sum, work) => sum + work.scriptMs, scriptMs),
    taskMs: [...taskMs, ...inner.flatMap((work) => work.taskMs)].sort((one, other) => other - one),
  };
}
