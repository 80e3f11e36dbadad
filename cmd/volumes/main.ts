import { parseArgs } from 'node:util';
import { runDockerPlugin } from '../../lib/docker/index.ts';
import { Volumes } from './volumes.ts';

const USAGE = `usage: volumes [--root FOLDER] [--name NAME] [--socket FILE]

Serves volumes to Docker until SIGTERM: docker volume create -d NAME [--opt size=1G] VOLUME

  --root     where the volumes are; default: /var/lib/docker-volumes
  --name     what Docker calls the driver; default: volumes
  --socket   default: /run/docker/plugins/NAME.sock
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      root: { type: 'string', default: '/var/lib/docker-volumes' },
      name: { type: 'string', default: 'volumes' },
      socket: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const report = (error: unknown) => console.error(error instanceof Error ? error.message : error);
  const volumes = await Volumes.open(values.root, report);
  if (volumes.quotasMissing !== undefined)
    console.error(`volumes with a size are loop files: no project quotas: ${volumes.quotasMissing}`);
  const place = values.socket === undefined ? {} : { socket: values.socket };
  await runDockerPlugin(
    { name: values.name, volumeDriver: volumes, activated: () => volumes.dockerStarted() },
    place,
  );
}

main().catch((error: unknown) => {
  console.error(`volumes: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
