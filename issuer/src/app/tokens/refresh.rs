//! A token becomes a newer one. It never activates: a machine that was
//! deactivated, and a key that was replaced, end in a signed refusal.

use paidup::{Claims, Expected, Seen, Token, VerifyError};
use serde::Deserialize;

use super::issue::{IssueError, Issued};
use super::seal::{Binding, Verdict};
use super::seat_again::{predates_key, proves_seat};
use super::text;
use crate::app::retry::again;
use crate::app::{App, Keys};
use crate::store::licenses::{self, LicenseRow};
use crate::store::machines::{self, MachineRow};
use crate::store::{StoreError, Tx};

/// In milliseconds, as `seq` counts.
const A_DAY: i64 = 86_400_000;

/// A request for a newer token. It never activates.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Renewal {
    /// The token in hand; its end does not matter.
    pub token: Option<String>,
    /// The machine, where the license key stands in for the token.
    pub fingerprint: Option<String>,
    /// Echoed in the token.
    pub nonce: Option<String>,
}

/// What becomes of the seat of a machine that has no row, and whose token proves one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LostSeat {
    Leave,
    Restore,
}

impl App {
    /// Gives the newest token for one in hand.
    ///
    /// # Errors
    /// [`IssueError`]. A license that is suspended or over, a machine that was
    /// deactivated and a key that was replaced are no errors: the token says so.
    pub async fn refresh(
        &self,
        request: &Renewal,
        key: Option<&str>,
    ) -> Result<Issued, IssueError> {
        text::check(&[
            text::fingerprint(request.fingerprint.as_deref()),
            text::nonce(request.nonce.as_deref()),
        ])?;
        let renewed = again(|| async {
            let tx = self.0.store.write().await?;
            self.try_refresh(tx, request, key, LostSeat::Leave).await
        });
        if let Some(issued) = renewed.await? {
            return Ok(issued);
        }
        // A seat is given on what was read: everything is read once more, by a transaction
        // that decides.
        let restored = again(|| async {
            let tx = self.0.store.decide().await?;
            self.try_refresh(tx, request, key, LostSeat::Restore).await
        });
        restored.await?.ok_or(IssueError::NoMachine)
    }

    /// Reads the license and seals what it is in one transaction. Returns `None`, and
    /// nothing is kept, where the machine has no row and `lost` leaves it so.
    async fn try_refresh(
        &self,
        mut tx: Tx,
        request: &Renewal,
        key: Option<&str>,
        lost: LostSeat,
    ) -> Result<Option<Issued>, IssueError> {
        let keys = self.keys_now(&mut tx).await?;
        let (license, fingerprint, claims) = match (&request.token, key) {
            (Some(token), _) => {
                let claims = self.own_claims(token, &keys)?;
                let license = self.caught_up(&mut tx, &claims).await?;
                (license, claims.fingerprint.clone(), Some(claims))
            }
            (None, Some(key)) => {
                let license = self.license_of_key(&mut tx, key).await?;
                // The key may have been replaced before the row was held.
                let held = licenses::hold(&mut tx, &license.id).await?;
                let held = held.filter(|held| held.key_hash == license.key_hash);
                let license = held.ok_or(IssueError::NotFound)?;
                (license, request.fingerprint.clone(), None)
            }
            (None, None) => {
                return Err(IssueError::Value(
                    "send the token, or the license key as authorization",
                ));
            }
        };
        let policy = self.policy(&license, &license.condition(self.0.clock.now()))?;
        let replaced = claims.as_ref().is_some_and(|it| predates_key(it, &license));
        let mut machine = None;
        let verdict = match &fingerprint {
            None if policy.needs_fingerprint() => return Err(IssueError::FingerprintRequired),
            None if replaced => Verdict::Refused(Claims::KEY_REISSUED),
            None => Verdict::AsTheLicense,
            Some(fingerprint) => {
                let mut known = machines::find(&mut tx, &license.id, fingerprint).await?;
                if let (None, Some(claims)) = (&known, &claims)
                    && proves_seat(claims)
                {
                    if lost == LostSeat::Leave {
                        return Ok(None);
                    }
                    known = self.seat_again(&mut tx, claims, &license).await?;
                }
                let now = self.0.clock.now().0;
                match admit(known.as_ref(), &license) {
                    // The seat was freed because the key was replaced.
                    Verdict::Refused(_) if replaced && !has_new_key(known.as_ref(), &license) => {
                        Verdict::Refused(Claims::KEY_REISSUED)
                    }
                    Verdict::AsTheLicense => {
                        machine = seen(&mut tx, known, now).await?;
                        match &machine {
                            Some(_) => Verdict::AsTheLicense,
                            None => Verdict::Refused(Claims::MACHINE_DEACTIVATED),
                        }
                    }
                    refused @ Verdict::Refused(_) => refused,
                }
            }
        };
        let binding = Binding {
            fingerprint: fingerprint.as_deref(),
            class: machine.as_ref().map(|it| it.class).unwrap_or_default(),
            nonce: request.nonce.as_deref(),
            lease: None,
        };
        let token = self.seal(&mut tx, &license, &verdict, &binding).await?;
        tx.commit().await?;
        Ok(Some(self.issued(&license, token, machine.as_ref())))
    }

    /// The license of a token, held, and counted as changed after that token.
    async fn caught_up(&self, tx: &mut Tx, claims: &Claims) -> Result<LicenseRow, IssueError> {
        let license = licenses::hold(tx, &claims.sub).await?;
        let mut license = license.ok_or(IssueError::NotFound)?;
        // Restored from a backup, this database may be older than the token.
        let seq = i64::try_from(claims.seq).unwrap_or(i64::MAX);
        // But never as far as only a forger would go.
        let credible = self.0.clock.millis().saturating_add(A_DAY);
        if license.seq < seq && seq < credible {
            license.seq = seq.saturating_add(1).max(self.0.clock.millis());
            licenses::catch_up(tx, &license.id, license.seq).await?;
        }
        Ok(license)
    }

    /// The claims of a token that we signed, whatever has become of its time.
    pub(super) fn own_claims(&self, token: &str, keys: &Keys) -> Result<Claims, VerifyError> {
        let mut expected = Expected::danger_unpinned()
            .issuer(self.issuer())
            .any_machine();
        if !self.0.mode.is_live() {
            expected = expected.test_mode();
        }
        let license = keys
            .keyring()
            .verify(Token::parse(token)?, &expected, &Seen::default())?;
        Ok(license.claims().clone())
    }
}

/// Whether a machine may have what the license gives.
pub(super) fn admit(machine: Option<&MachineRow>, license: &LicenseRow) -> Verdict {
    match machine {
        Some(machine) if machine.has_seat() => match machine.key_hash == license.key_hash {
            true => Verdict::AsTheLicense,
            false => Verdict::Refused(Claims::KEY_REISSUED),
        },
        _ => Verdict::Refused(Claims::MACHINE_DEACTIVATED),
    }
}

/// The machine, heard of just now; none where its seat was freed since it was read.
async fn seen(
    tx: &mut Tx,
    machine: Option<MachineRow>,
    now: i64,
) -> Result<Option<MachineRow>, StoreError> {
    match machine {
        Some(mut machine) if machines::note_seen(tx, &machine.id, now).await? => {
            machine.last_seen_at = now;
            Ok(Some(machine))
        }
        _ => Ok(None),
    }
}

/// Whether a machine was activated with the key that the license has now.
fn has_new_key(machine: Option<&MachineRow>, license: &LicenseRow) -> bool {
    machine.is_some_and(|machine| machine.key_hash == license.key_hash)
}
