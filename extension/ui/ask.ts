/** Speaks to the background from one of our own pages. */
import { browser } from "wxt/browser";
import type { ServerState, UiMessage, UiReplies } from "../common/messages.ts";
import { say, sayTime } from "../common/words.ts";

export function ask<T extends UiMessage["type"]>(
  message: Extract<UiMessage, { type: T }>,
): Promise<UiReplies[T]> {
  return browser.runtime.sendMessage<UiMessage, UiReplies[T]>(message);
}

/** The state of a server in plain words, with what to do. */
export function serverWords(state: ServerState | { state: "no-address" }, server: string): string {
  switch (state.state) {
    case "ready":
      return say(state.index.stale ? "serverStale" : "serverReady", state.index.cases.toLocaleString());
    case "kept":
      return say("serverKept", sayTime(state.asOf));
    case "unreachable":
      return say("serverUnreachable", server);
    case "no-permission":
      return say("serverNoPermission", server);
    case "slow":
      return say("serverSlow", server);
    case "busy":
      return say("serverBusy", state.seconds);
    case "starting":
      return say("serverStarting");
    case "failing":
      return say("serverFailing", state.status);
    case "newer":
      return say("serverNewer", server);
    case "not-claimlight":
      return say("serverOther", server);
    case "no-address":
      return say("serverNoAddress");
  }
}
