/** Brings the agent's bundle onto a host over an SSH connection and starts it. Repeating it upgrades it. */

import { buildAgent } from '../../../infra/build-agent.ts';
import { agentPaths } from '../../wire/agent.ts';
import { sshUser } from '../agents/agents.ts';
import type { SshLink } from '../ssh/ssh-link.ts';

/** @throws BlanketError `ssh.lost`, `ssh.command-failed` */
export async function installAgent(ssh: SshLink): Promise<void> {
  const { path, sha256 } = await buildAgent();
  const upload = `${agentPaths.uploads}/agent.mjs`;
  await ssh.exec(
    `sudo install -d -m 0755 ${agentPaths.state} && sudo install -d -o ${sshUser} -g ${sshUser} -m 0700 ${agentPaths.uploads}`,
  );
  await ssh.upload(path, upload);
  await ssh.exec(
    [
      `echo '${sha256}  ${upload}' | sha256sum --check --status`,
      `sudo install -D -m 0644 ${upload} ${agentPaths.bundle}`,
      `rm ${upload}`,
      `sudo systemctl enable ${agentPaths.unit}`,
      `sudo systemctl restart ${agentPaths.unit}`,
      // Until the socket is there: Node takes seconds to start on an emulated host.
      `timeout 120 sh -c 'until test -S ${agentPaths.socket}; do sleep 0.2; done'`,
    ].join(' && '),
  );
}
