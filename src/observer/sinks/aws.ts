import { fromEnv, fromIni, fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers';
import { usageError } from '../../errors.ts';
import type { AwsCredentials, S3Config } from '../config/sinks.ts';
import { createCsvWriter } from '../reports/csv.ts';
import { CSV_DIALECTS } from '../reports/csv-dialects.ts';
import { reportPayload } from '../reports/payload.ts';
import type { Report } from '../reports/types.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Provider = ReturnType<typeof fromIni>;

/** Options without those that were not given. */
function given<Values extends Record<string, unknown>>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: Exclude<Values[Key], undefined>;
  };
}

/** What a Java process is given with `-D`, from the variables that hand it over without a command line. */
function javaProperties(env: Environment): Map<string, string> {
  const text = `${env.JAVA_TOOL_OPTIONS ?? ''} ${env.JDK_JAVA_OPTIONS ?? ''}`;
  return new Map([...text.matchAll(/-D([\w.]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
}

function fromSystemProperties(env: Environment): Provider {
  return async () => {
    const properties = javaProperties(env);
    const accessKeyId = properties.get('aws.accessKeyId');
    const secretAccessKey = properties.get('aws.secretAccessKey');
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw usageError(
        'RTCB_OBSERVER_AWS_CREDENTIALS',
        'AwsSystemProperty: neither JAVA_TOOL_OPTIONS nor JDK_JAVA_OPTIONS sets aws.accessKeyId and aws.secretAccessKey',
        'use AwsEnvironmentVariable',
      );
    }
    return { accessKeyId, secretAccessKey, ...given({ sessionToken: properties.get('aws.sessionToken') }) };
  };
}

/** A provider of the AWS SDK for each of upstream's kinds of credentials. */
export function credentialProvider(credentials: AwsCredentials, env: Environment): Provider {
  switch (credentials.type) {
    case 'AwsStatic': {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials.config;
      return async () => ({ accessKeyId, secretAccessKey, ...given({ sessionToken }) });
    }
    case 'AwsEnvironmentVariable':
      return fromEnv();
    case 'AwsSystemProperty':
      return fromSystemProperties(env);
    case 'AwsProfile': {
      const { profileFilePath, profileFileType, profileName } = credentials.config;
      const file = profileFileType === 'CREDENTIALS' ? 'filepath' : 'configFilepath';
      return fromIni({
        ...given({ profile: profileName }),
        ...(profileFilePath === undefined ? {} : { [file]: profileFilePath }),
      });
    }
    case 'AwsStsAssumeRoleSession': {
      const { regionId, roleArn, roleSessionName, serialNumber, policy, externalId } = credentials.config;
      const master = credentials.config.credentials;
      return fromTemporaryCredentials({
        params: {
          RoleArn: roleArn,
          RoleSessionName: roleSessionName,
          ...given({ SerialNumber: serialNumber, Policy: policy, ExternalId: externalId }),
        },
        ...(regionId === undefined ? {} : { clientConfig: { region: regionId } }),
        ...(master === undefined ? {} : { masterCredentials: credentialProvider(master, env) }),
      });
    }
    case 'AwsWebIdentityTokenFile': {
      const { roleArn, roleSessionName, webIdentityTokenFile } = credentials.config ?? {};
      return fromTokenFile(given({ roleArn, roleSessionName, webIdentityTokenFile }));
    }
  }
}

/** What both AWS clients are made with; short limits, because trying again is the queue's business. */
export function clientOptions(
  config: Pick<S3Config, 'regionId' | 'credentials' | 'endpoint'>,
  env: Environment,
) {
  return {
    region: config.regionId,
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 8000 },
    ...given({ endpoint: config.endpoint }),
    ...(config.credentials === undefined ? {} : { credentials: credentialProvider(config.credentials, env) }),
  };
}

/** A report as a line: a CSV row, or its payload without envelope, as upstream writes to AWS. */
export function lineWriter(config: Pick<S3Config, 'encodingType' | 'csvFormat'>): (report: Report) => string {
  if (config.encodingType === 'CSV') return createCsvWriter(CSV_DIALECTS[config.csvFormat]);
  return (report) => `${JSON.stringify(reportPayload(report))}\n`;
}
