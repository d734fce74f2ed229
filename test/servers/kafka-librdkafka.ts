// A client by librdkafka (kcat) at a broker of Kafka.
import type { Debian } from './debian.ts';
import { folder } from './kafka-broker.ts';

/** What comes of a message that it sends, by the settings of a recipe. */
export function senderByLibrdkafka(debian: Debian, address: string) {
  return async (message: string, settings: string): Promise<string> => {
    const file = `${folder}/kcat.conf`;
    // It tries again for as long as a message may wait.
    debian.write(
      file,
      `${settings}
bootstrap.servers=${address}
ssl.ca.location=${folder}/broker.crt
message.timeout.ms=20000
`,
    );
    const pipe = 'echo "$1" | kcat -F "$2" -P -t orders 2>&1';
    const said = await debian
      .run('sh', '-c', pipe, 'sh', message, file)
      .catch(({ stdout }) => `${stdout}`);
    const [fault] = /Topic authorization failed|"status":"\w+"/.exec(said) ?? [];
    return fault ?? (/ERROR|fail/i.test(said) ? said : 'sent');
  };
}
