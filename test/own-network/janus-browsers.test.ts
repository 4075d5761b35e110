import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import { janusEngineContract } from '../support/janus.ts';

janusEngineContract('browser on Janus', createBrowserEngine);
