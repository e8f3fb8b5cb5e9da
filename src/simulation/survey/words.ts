/** Troubles in the words of a report. */
import { formatDuration } from "../../base/duration.ts";
import type { Trouble, TroubleName } from "./troubles.ts";

/** What each fault is, for people. `{}`: how much of it. */
const FAULT_WORDS: { readonly [Name in TroubleName]: string } = {
  fails: "it fails, and may be tried again",
  breaks: "it fails for good",
  refuses: "it refuses the work",
  slow: "it takes {}",
  neverEnds: "it never comes to an end",
  asks: "it asks a question",
  nobodyAnswers: "nobody answers",
  noSignal: "the signal never comes",
  commitFails: "the disk does not take a commit",
  commitUnknown: "the disk takes a commit and says that it did not",
  crashBefore: "the process dies, for {}",
  crashAfter: "the process dies, for {}",
  crashMidway: "the process dies in the middle of a request, for {}",
  pause: "the process does nothing for {}",
  slowCommit: "the disk takes {}",
  unreachable: "nobody can be reached",
  dropRequest: "the request is lost",
  lateRequest: "the connection breaks, and the request arrives {} later",
  dropResponse: "the answer is lost",
  badGateway: "a gateway answers 502 instead",
  duplicate: "it comes a second time, {} later",
  delayRequest: "it comes {} late",
  delayResponse: "the answer comes {} late",
  reorder: "a later request overtakes it",
  busy: "it is overloaded for {} (503)",
  tooMany: "it has had too many requests, for {} (429)",
  hang: "nothing ever comes back",
  cutStream: "the stream is cut",
  wrongSchema: "the answer is not A2A",
  lateState: "the task is shown as it was before",
  backwardsState: "the task is shown in a state that it cannot go back to",
  forget: "it forgets its task after {}",
  wrongOutput: "the result breaks its contract",
  duplicatePush: "its news come several times",
  dropPush: "its news are lost",
  startTwice: "it is started once more, {} later",
  cancel: "somebody cancels it after {}",
  pauseRun: "somebody pauses it after {}",
  straySignal: "a signal comes unasked for",
  answerTwice: "the same answer comes again",
  answerTogether: "two people answer at once",
  away: "it is away for {}",
  clockBack: "the clock is set back by {}",
  takesDays: "the work takes days",
};

const WHAT: { readonly [place: string]: string } = {
  card: "asked for its card",
  message: "given work",
  get: "asked for a task",
  list: "asked for its tasks",
  cancel: "told to stop",
  subscribe: "followed by stream",
  webhook: "told where to push",
  push: "pushing",
};

/** A sentence for each, such as `writer, given work (1st time): the answer is lost`; what is the same again and again is said once. */
export function inWords(troubles: readonly Trouble[]): readonly string[] {
  const places = new Map<string, string[]>();
  for (const { point, fault, amount } of troubles) {
    const words = FAULT_WORDS[fault].replace("{}", amount === undefined ? "a while" : formatDuration(amount));
    const { who, time } = placeOf(point);
    const key = `${who}\n${words}`;
    places.set(key, [...(places.get(key) ?? []), ...(time === "" ? [] : [time])]);
  }
  return [...places].map(([key, times]) => {
    const [who, words] = key.split("\n");
    const where = [who, timesInWords(times)].filter((part) => part !== "").join(", ");
    return where === "" ? String(words) : `${where}: ${words}`;
  });
}

type PlaceInWords = { readonly who: string; readonly time: string };

function placeOf(point: string): PlaceInWords {
  const own = /^(work|question|signal):[^/]+\/(.+?)(?:#(\d+)\.\d+)?$/.exec(point);
  if (own !== null) return { who: String(own[2]), time: own[1] === "work" ? `attempt ${own[3]}` : "" };
  const [who = "", place = "", count = ""] = point.split(":");
  if (who === "commit") return { who: `at commit ${place}`, time: "" };
  const what = WHAT[place];
  return what === undefined ? { who: "", time: "" } : { who: `${who}, ${what}`, time: `${ordinal(Number(count))} time` };
}

/** `attempt 1, 2 and 3`, `1st time, 2nd time`. */
function timesInWords(times: readonly string[]): string {
  const numbers = times.flatMap((time) => /^attempt (.*)$/.exec(time)?.[1] ?? []);
  if (numbers.length < 2) return times.join(", ");
  return `attempts ${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

function ordinal(count: number): string {
  const isTeen = count % 100 > 10 && count % 100 < 14;
  return `${count}${isTeen ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th")}`;
}
