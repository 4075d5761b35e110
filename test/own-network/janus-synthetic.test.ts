import { createSyntheticEngine } from '../../src/participants/synthetic/index.ts';
import { janusEngineContract } from '../support/janus.ts';

janusEngineContract('synthetic on Janus', createSyntheticEngine);
