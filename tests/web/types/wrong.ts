// Each marked line is a mistake that the compiler must see.
import { Client, type Code, Verifier, load } from "paidup";

new Verifier({ product: "notes" }); // wrong
new Verifier({ issuer: "i", product: "p", root: "x" }); // wrong
const code: Code = "valid"; // wrong
void Client.open({ issuer: "i", product: "p", class: "phone" }); // wrong
export async function use(client: Client, verifier: Verifier): Promise<void> {
  client.check().license.policy; // wrong
  if (client.check().code === "VALIDE") return; // wrong
  client.activate(42); // wrong
  verifier.verify("token", 1_795_417_200); // wrong
  verifier.verify("token").graceEndsAt.getTime(); // wrong
  client.allows("export").then(() => undefined); // wrong
  await load();
}
void code;
