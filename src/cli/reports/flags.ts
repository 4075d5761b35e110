export interface ReportFlags {
  html?: string;
  junit?: string;
  markdown?: string;
  github?: boolean;
  json: boolean;
}
