/** Stands between the extension and the service, and records every byte that the extension sends. */
import { createServer, request as ask, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What happens to a request on its way: passed on, or one of the faults of real networks. */
export type Way =
  | { kind: "pass" }
  | { kind: "cut" }
  | { kind: "hold" }
  | { kind: "answer"; status: number; headers: Record<string, string>; body: string; /** Only there. */ at?: string };

export interface Recorder {
  readonly address: string;
  readonly requests: Recorded[];
  way: Way;
  /** Connections that were made. */
  attempts: number;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export async function openRecorder(service: string): Promise<Recorder> {
  const requests: Recorded[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void (async () => {
      const { method = "", url: path = "", headers } = request;
      const body = await bodyOf(request);
      const { way } = recorder;
      if (way.kind === "cut") return void request.socket.destroy();
      requests.push({ method, path, headers, body: body.toString("utf8") });
      if (way.kind === "hold") return;
      if (way.kind === "answer" && path.startsWith(way.at ?? "")) return void response.writeHead(way.status, way.headers).end(way.body);
      const onward = ask(service + path, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => request.socket.destroy());
      onward.end(body);
    })();
  });
  server.on("connection", (socket) => {
    recorder.attempts += 1;
    // Before a byte is read: what Firefox then tries again by itself is no request of ours.
    if (recorder.way.kind === "cut") socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const recorder: Recorder = {
    address: `http://127.0.0.1:${address.port}`,
    requests,
    way: { kind: "pass" },
    attempts: 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => { resolve(); });
      }),
  };
  return recorder;
}
