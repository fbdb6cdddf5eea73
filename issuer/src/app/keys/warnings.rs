//! What will soon need the root, told while there is time to fetch it.

use paidup::UnixTime;

use super::Keys;
use crate::app::iso8601;

/// So long before something ends, in seconds, it is told.
const AHEAD: i64 = 60 * 86_400;

impl Keys {
    /// What an administrator has to do before long, and by when.
    #[must_use]
    pub fn warnings(&self, now: UnixTime) -> Vec<String> {
        let mut warnings = Vec::new();
        let Some(keyset) = self.keyset() else {
            return warnings;
        };
        if keyset.exp <= now.plus(AHEAD) {
            let until = iso8601(keyset.exp.as_secs());
            let they = match now < keyset.exp {
                true => "take this keyset until",
                false => "have not taken this keyset since",
            };
            warnings.push(format!(
                "new installations {they} {until}; run `paidup keys renew`"
            ));
        }
        if self.signing_at(now.plus(AHEAD)).is_none() {
            warnings.push(
                "no signing key here may sign in 60 days; run `paidup keys rotate`".to_owned(),
            );
        }
        warnings
    }
}
