/**
 * Topics by clustering: every ticket is a tf-idf vector; the clusters are found by spherical k-means,
 * which begins with tickets that are as unlike each other as possible, from several beginnings, of which
 * the best result counts. Nothing is random.
 */
import { likeness, rarityOf, rounded, termsOf, unit, type Vector, vectorOf } from "../lib/text.ts";
import type { Ticket } from "./tickets.ts";

export type Topic = {
  readonly name: string;
  readonly keywords: readonly string[];
  readonly tickets: readonly string[];
  readonly share: number;
};

const ROUNDS = 30;
const BEGINNINGS = 12;
const KEYWORDS = 4;

/** Topics, the largest first. Two topics never have the same name. */
export function topicsOf(tickets: readonly Ticket[], count: number): readonly Topic[] {
  const terms = tickets.map(({ text }) => termsOf(text));
  const rarity = rarityOf(terms);
  const points = terms.map((each) => vectorOf(each, rarity));
  const clusters = clustersOf(points, Math.min(count, points.length));
  const topics = clusters
    .filter(({ members }) => members.length > 0)
    .map(({ centre, members }) => {
      const keywords = [...centre].toSorted((left, right) => right[1] - left[1]).slice(0, KEYWORDS);
      const ids = members.flatMap((index) => tickets[index]?.id ?? []);
      return { keywords: keywords.map(([term]) => term), tickets: ids, share: rounded(ids.length / tickets.length) };
    });
  return topics
    .toSorted((left, right) => right.tickets.length - left.tickets.length)
    .map((topic) => ({ name: topic.keywords.slice(0, 2).join(" and "), ...topic }));
}

type Cluster = { readonly centre: Vector; readonly members: readonly number[] };

function clustersOf(points: readonly Vector[], count: number): readonly Cluster[] {
  const beginnings = Array.from({ length: Math.min(BEGINNINGS, points.length) }, (_, index) =>
    Math.floor((index * points.length) / BEGINNINGS),
  );
  const found = beginnings.map((first) => refined(points, firstCentres(points, first, count)));
  return found.reduce((best, each) => (tightnessOf(points, each) > tightnessOf(points, best) ? each : best), found[0] ?? []);
}

/** How like their centres all points are. */
function tightnessOf(points: readonly Vector[], clusters: readonly Cluster[]): number {
  return clusters.reduce(
    (sum, { centre, members }) => sum + members.reduce((own, index) => own + likeness(points[index] ?? new Map(), centre), 0),
    0,
  );
}

/** Moves each centre into the middle of its points until none changes its place. */
function refined(points: readonly Vector[], first: readonly Vector[]): readonly Cluster[] {
  let centres = first;
  let members = assign(points, centres);
  for (let round = 0; round < ROUNDS; round += 1) {
    centres = members.map((indexes, index) => (indexes.length === 0 ? (centres[index] ?? new Map()) : centreOf(points, indexes)));
    const next = assign(points, centres);
    if (JSON.stringify(next) === JSON.stringify(members)) break;
    members = next;
  }
  return centres.map((centre, index) => ({ centre, members: members[index] ?? [] }));
}

/** A point, then again and again the one most unlike the centres so far. */
function firstCentres(points: readonly Vector[], first: number, count: number): readonly Vector[] {
  const centres = points.slice(first, first + 1);
  while (centres.length < count) centres.push(nearest(points, (point) => -Math.max(...centres.map((centre) => likeness(point, centre)))));
  return centres;
}

function nearest(points: readonly Vector[], worth: (point: Vector) => number): Vector {
  return points.reduce((best, point) => (worth(point) > worth(best) ? point : best));
}

/** For each centre the points that are most like it; of equals the first centre. */
function assign(points: readonly Vector[], centres: readonly Vector[]): readonly (readonly number[])[] {
  const members: number[][] = centres.map(() => []);
  for (const [index, point] of points.entries()) {
    const values = centres.map((centre) => likeness(point, centre));
    members[values.indexOf(Math.max(...values))]?.push(index);
  }
  return members;
}

function centreOf(points: readonly Vector[], indexes: readonly number[]): Vector {
  const sum = new Map<string, number>();
  for (const index of indexes) for (const [term, weight] of points[index] ?? []) sum.set(term, (sum.get(term) ?? 0) + weight);
  return unit(sum);
}
