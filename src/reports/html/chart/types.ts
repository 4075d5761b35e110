/** How axis and legend write a value: see `chartValue`. */
export type ChartUnit = 'ratio' | 'share' | 'pps' | 'count' | 'ms' | 'fps';

export interface EncodedLine {
  /** What one step of a value is worth. */
  step: number;
}

/** What the page's script needs of a chart besides its markup. */
export interface ChartData {
  id: string;
  unit: ChartUnit;
  low: number;
  high: number;
  lines: EncodedLine[];
}
