// Acme Notes: writing is free, exporting is paid. It opens, verifies and unlocks without a
// network once it has been visited, thanks to sw.js.
import { Client, PaidupError } from "./node_modules/paidup/dist/index.js";
import { seat, standing } from "./words.js";

const byId = (id) => document.getElementById(id);
const said = (text) => (byId("said").textContent = text);

/** Every error has a sentence, and the way out. */
function sentence({ message, nextStep }) {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}. ${nextStep}`;
}

async function attempt(work) {
  said("");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof PaidupError)) throw error;
    said(sentence(error));
    showMachines(error.limit?.machines ?? []);
  }
  show();
}

let client;

function show() {
  if (!client) return;
  byId("standing").textContent = standing(client);
  byId("standing").classList.toggle("locked", !client.check().usable);
}

function showMachines(machines) {
  byId("machines").replaceChildren(
    ...machines.map((machine) => {
      const item = document.createElement("li");
      item.textContent = `${seat(machine)} `;
      const button = document.createElement("button");
      button.textContent = "Free its seat";
      button.onclick = () =>
        attempt(async () => {
          await client.free(machine.id);
          item.remove();
          said("The seat is free.");
        });
      item.append(button);
      return item;
    }),
  );
}

// Where storage is blocked, notes live as long as the page.
const storage = (() => {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
})();
const notes = JSON.parse(storage?.getItem("notes") ?? "[]");

function showNotes() {
  byId("notes").replaceChildren(
    ...notes.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

byId("write").onsubmit = (event) => {
  event.preventDefault();
  const { note } = event.target.elements;
  if (!note.value.trim()) return;
  notes.push(note.value.trim());
  note.value = "";
  storage?.setItem("notes", JSON.stringify(notes));
  showNotes();
};

byId("export").onclick = () => {
  // The paid part: it asks once, where it matters.
  if (!client?.allows("export")) {
    said(`Exporting is part of a paid plan. ${client?.explain().nextAction ?? ""}`);
    return;
  }
  const file = new Blob([notes.map((it) => `- ${it}\n`).join("")], { type: "text/markdown" });
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(file),
    download: "notes.md",
  });
  link.click();
  URL.revokeObjectURL(link.href);
  said("notes.md is saved.");
};

byId("activate").onsubmit = (event) => {
  event.preventDefault();
  const { key } = event.target.elements;
  void attempt(async () => {
    // The license of a good key may be of no use: suspended, for instance.
    const { usable } = await client.activate(key.value);
    key.value = "";
    showMachines([]);
    if (usable) said("Thank you. This browser is activated.");
  });
};

byId("refresh").onclick = () =>
  attempt(async () => {
    await client.refresh();
    said("The license server has been asked.");
  });
byId("seats").onclick = () => attempt(async () => showMachines(await client.machines()));
byId("deactivate").onclick = () =>
  attempt(async () => {
    await client.deactivate();
    said("The seat is free. The key works elsewhere now.");
  });

showNotes();
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("sw.js").catch((error) => console.warn(error));
}
try {
  // What `paidup keys export` has printed, and where the license server is.
  const config = await (await fetch("config.json")).json();
  client = await Client.open({ ...config, product: "notes", onEvent });
  client.startRefreshing();
  show();
  setInterval(show, 30_000);
} catch (error) {
  byId("standing").textContent = "Free plan.";
  said(error instanceof PaidupError ? sentence(error) : String(error));
}

function onEvent(event) {
  if (event.kind === "notStored") {
    byId("unsaved").hidden = false;
  }
  show();
}
