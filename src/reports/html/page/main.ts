import { startCharts } from './charts.ts';
import { startTables } from './tables.ts';
import { startTheme } from './theme.ts';

/** What the page does beyond being read: all of it is a help, none of it is needed. */
startTheme();
startTables();
void startCharts();
