#!/usr/bin/env node
// Acme Notes on the command line: writing is free, `export` is paid.
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client, PaidupError } from "paidup";
import { fileStore } from "paidup/node";

const USAGE = `usage: acme-notes add TEXT | list | export
       acme-notes activate KEY | license | refresh | deactivate
options: --folder FOLDER   where notes and license are kept [default: ~/.acme-notes]
         --config FILE     what \`paidup keys export\` has printed [default: ./config.json]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: "string", default: join(homedir(), ".acme-notes") },
    config: { type: "string", default: "config.json" },
  },
});
const [command, ...words] = positionals;
const notes = join(values.folder, "notes.txt");

async function openClient() {
  const config = JSON.parse(
    await readFile(values.config, "utf8").catch(() => {
      throw new Error(`${values.config} is missing: \`paidup keys export\` prints what goes into it`);
    }),
  );
  return Client.open({
    ...config,
    product: "notes",
    store: fileStore(values.folder),
    class: process.env.CI ? "ci" : "desktop",
    deviceName: hostname(),
    platform: `${process.platform}-${process.arch}`,
    onEvent: ({ kind }) => {
      if (kind !== "notStored") return;
      console.error(`The license works now and could not be saved in ${values.folder}.`);
      process.exitCode = 1;
    },
  });
}

function show(client) {
  const { code, usable, license } = client.check();
  if (!license) console.log(`No license. ${client.explain().nextAction}`);
  else if (!usable) console.log(`${license.policy.name}: ${code}. ${client.explain().nextAction}`);
  else {
    const until = license.graceEndsAt ?? license.leaseEndsAt;
    console.log(`${license.policy.name}: ${code}, works offline until ${until.toISOString()}`);
  }
}

const commands = {
  async add() {
    await mkdir(values.folder, { recursive: true });
    await appendFile(notes, `${words.join(" ")}\n`);
  },
  async list() {
    process.stdout.write(await readFile(notes, "utf8").catch(() => ""));
  },
  async export() {
    const client = await openClient();
    if (!client.allows("export")) {
      console.error(`Exporting is part of a paid plan. ${client.explain().nextAction}`);
      process.exitCode = 1;
      return;
    }
    const text = await readFile(notes, "utf8").catch(() => "");
    process.stdout.write(text.replace(/^(?=.)/gm, "- "));
  },
  async activate() {
    const client = await openClient();
    await client.activate(words.join(" "));
    show(client);
  },
  async license() {
    show(await openClient());
  },
  async refresh() {
    const client = await openClient();
    await client.refresh();
    show(client);
  },
  async deactivate() {
    await (await openClient()).deactivate();
    console.log("The seat is free. The key works elsewhere now.");
  },
};

try {
  const run = Object.hasOwn(commands, command ?? "") ? commands[command] : undefined;
  if (run) await run();
  else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof PaidupError)) {
    console.error(`acme-notes: ${error.message}`);
    process.exit(1);
  }
  const { message, nextStep } = error;
  console.error(`${message.charAt(0).toUpperCase()}${message.slice(1)}. ${nextStep}`);
  for (const it of error.limit?.machines ?? []) console.error(`  ${it.name ?? it.id}`);
  process.exitCode = 1;
}
