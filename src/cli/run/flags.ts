export interface RunFlags {
  out?: string;
  seed?: string;
  json: boolean;
  dryRun: boolean;
  advertise?: string;
  clearGrid?: boolean;
  junit?: string;
  markdown?: string;
}
