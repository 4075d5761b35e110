import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AwsCredentials } from '../../src/observer/config/sinks.ts';
import { openFirehoseSink } from '../../src/observer/sinks/firehose.ts';
import type { WriteResult } from '../../src/observer/sinks/types.ts';
import { checkSignatures, iam, startMoto } from './servers/aws.ts';
import type { TestServer } from './servers/server.ts';
import { eventReport } from './servers/sink-bench.ts';

/**
 * Every kind of credentials of the upstream page, through the AWS SDK's own providers, to a server that checks
 * signatures, session tokens and policies: the user `writer` may write and nothing else, the user `opener` may assume
 * the role `delivery` and nothing else, and the role may write.
 */

const REGION = 'us-east-1';
const ROLE = 'arn:aws:iam::123456789012:role/delivery';
const allow = (action: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  });

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

let moto: TestServer;
let directory: string;
let writer: Key;
let opener: Key;

async function createUser(name: string, action: string): Promise<Key> {
  await iam(moto, 'CreateUser', { UserName: name });
  await iam(moto, 'PutUserPolicy', { UserName: name, PolicyName: 'only', PolicyDocument: allow(action) });
  const xml = await iam(moto, 'CreateAccessKey', { UserName: name });
  return {
    accessKeyId: /<AccessKeyId>(.+?)</.exec(xml)?.[1] ?? '',
    secretAccessKey: /<SecretAccessKey>(.+?)</.exec(xml)?.[1] ?? '',
  };
}

async function createStream(): Promise<void> {
  const anybody = {
    endpoint: `http://127.0.0.1:${moto.port}`,
    region: REGION,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const s3 = new S3Client({ ...anybody, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'delivered' }));
  s3.destroy();
  const firehose = new FirehoseClient(anybody);
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'events',
      ExtendedS3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::delivered', RoleARN: ROLE },
    }),
  );
  firehose.destroy();
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credentials-'));
  moto = await startMoto();
  await createStream();
  writer = await createUser('writer', 'firehose:*');
  opener = await createUser('opener', 'sts:AssumeRole');
  await iam(moto, 'CreateRole', { RoleName: 'delivery', AssumeRolePolicyDocument: allow('sts:AssumeRole') });
  await iam(moto, 'PutRolePolicy', {
    RoleName: 'delivery',
    PolicyName: 'only',
    PolicyDocument: allow('firehose:*'),
  });
}, 400_000);
afterAll(async () => {
  await moto.stop();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${moto.port}`);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** One write with these credentials; the first `unsigned` calls are of a kind that nobody signs. */
async function write(
  credentials: AwsCredentials | undefined,
  env: Record<string, string> = {},
  unsigned = 0,
): Promise<WriteResult> {
  await checkSignatures(moto, unsigned);
  const sink = await openFirehoseSink(
    {
      regionId: REGION,
      encodingType: 'CSV',
      csvFormat: 'DEFAULT',
      csvChunkSize: 100,
      endpoint: `http://127.0.0.1:${moto.port}`,
      defaultDeliveryStreamId: 'events',
      credentials,
    },
    env,
  );
  try {
    return await sink.write([eventReport(1)], new AbortController().signal);
  } finally {
    await sink.close();
  }
}

const WRITTEN: WriteResult = { retry: [], rejected: [], reason: null };
const profileFile = async (section: string, lines: readonly string[]): Promise<string> => {
  const path = join(directory, crypto.randomUUID());
  await writeFile(path, [section, ...lines, ''].join('\n'));
  return path;
};

describe('credentials for AWS sinks (a double: moto, whose IAM and STS check signatures here)', () => {
  it('AwsStatic writes', async () => {
    expect(await write({ type: 'AwsStatic', config: writer })).toEqual(WRITTEN);
  });

  // Why is not compared: moto refuses in XML what AWS refuses in JSON, and the SDK can only say that it is no JSON.
  it('AwsStatic with a wrong secret is refused, and the report kept', async () => {
    const result = await write({ type: 'AwsStatic', config: { ...writer, secretAccessKey: 'wrong' } });
    expect(result.retry).toHaveLength(1);
  });

  it('AwsStatic of somebody who may not write is refused, and the report kept', async () => {
    expect((await write({ type: 'AwsStatic', config: opener })).retry).toHaveLength(1);
  });

  it('AwsEnvironmentVariable writes, and so does no kind at all, where the SDK looks for itself', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', writer.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', writer.secretAccessKey);
    expect(await write({ type: 'AwsEnvironmentVariable' })).toEqual(WRITTEN);
    expect(await write(undefined)).toEqual(WRITTEN);
  });

  it('AwsSystemProperty writes', async () => {
    const env = {
      JAVA_TOOL_OPTIONS: `-Daws.accessKeyId=${writer.accessKeyId} -Daws.secretAccessKey=${writer.secretAccessKey}`,
    };
    expect(await write({ type: 'AwsSystemProperty' }, env)).toEqual(WRITTEN);
  });

  it.each([
    ['CREDENTIALS', '[mine]'],
    ['CONFIGURATION', '[profile mine]'],
  ] as const)('AwsProfile writes by a %s file', async (profileFileType, section) => {
    const profileFilePath = await profileFile(section, [
      `aws_access_key_id = ${writer.accessKeyId}`,
      `aws_secret_access_key = ${writer.secretAccessKey}`,
    ]);
    const config = { profileFilePath, profileFileType, profileName: 'mine' };
    expect(await write({ type: 'AwsProfile', config })).toEqual(WRITTEN);
  });

  const role = { regionId: REGION, roleArn: ROLE, roleSessionName: 'observer' };

  it('AwsStsAssumeRoleSession writes as the role, whose door another kind of credentials opens', async () => {
    const static_: AwsCredentials = { type: 'AwsStatic', config: opener };
    expect(
      await write({ type: 'AwsStsAssumeRoleSession', config: { ...role, credentials: static_ } }),
    ).toEqual(WRITTEN);
    const profileFilePath = await profileFile('[door]', [
      `aws_access_key_id = ${opener.accessKeyId}`,
      `aws_secret_access_key = ${opener.secretAccessKey}`,
    ]);
    const profile: AwsCredentials = {
      type: 'AwsProfile',
      config: { profileFilePath, profileFileType: 'CREDENTIALS', profileName: 'door' },
    };
    expect(
      await write({ type: 'AwsStsAssumeRoleSession', config: { ...role, credentials: profile } }),
    ).toEqual(WRITTEN);
  });

  it('AwsStsAssumeRoleSession without credentials of its own takes those that the SDK finds', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', opener.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', opener.secretAccessKey);
    expect(await write({ type: 'AwsStsAssumeRoleSession', config: role })).toEqual(WRITTEN);
  });

  it('AwsStsAssumeRoleSession of somebody who may not assume the role is refused, and the report kept', async () => {
    const credentials: AwsCredentials = { type: 'AwsStatic', config: writer };
    const result = await write({ type: 'AwsStsAssumeRoleSession', config: { ...role, credentials } });
    expect(result.retry).toHaveLength(1);
    expect(result.reason).toMatch(/not authorized/i);
  });

  it('AwsWebIdentityTokenFile writes as the role that the token is exchanged for', async () => {
    vi.stubEnv('AWS_REGION', REGION);
    const webIdentityTokenFile = await profileFile('header.e30.signature', []);
    const config = { roleArn: ROLE, roleSessionName: 'observer', webIdentityTokenFile };
    // The exchange itself is not signed: the token is what is shown, and the double takes any.
    expect(await write({ type: 'AwsWebIdentityTokenFile', config }, {}, 1)).toEqual(WRITTEN);
  });
});
