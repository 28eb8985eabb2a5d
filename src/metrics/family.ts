/** A metric as data: its name, its sentence and its labels stand in one table, which the reference page is made of. */

/** Sample is one value of a metric; its labels are the family's, no more and no fewer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Label describes one label of a metric; its values come from a known set, never from an error text. */
export interface Label {
  readonly name: string;
  readonly help: string;
}

/** Description is what people read about a metric, in `/metrics` and in the reference. */
export interface Description {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly Label[];
}

/** Family is a metric whose samples a pure function takes out of objects: object in, samples out. */
export interface Family<Source> extends Description {
  readonly type: 'gauge';
  readonly samples: (source: Source) => readonly Sample[];
}

/** seconds turns an RFC 3339 time into seconds since the epoch, or undefined where there is none to be read. */
export function seconds(time: string | undefined): number | undefined {
  const milliseconds = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** one is a single sample, or none where the value is not known: an absent series says more than a zero. */
export function one(labels: Readonly<Record<string, string>>, value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels, value }];
}
