//! Secrets as users paste them: cleaned of what came along, and refused with a reason
//! where they belong elsewhere. No error repeats a secret.

use paidup_stripe::{ApiKey, InvalidApiKey, WebhookSecret};

/// What secrets of Stripe's and of ours begin with, and what they are.
pub(super) const KINDS: [(&str, &str); 6] = [
    ("sk_", "a secret API key of Stripe (sk_…)"),
    ("rk_", "a restricted API key of Stripe (rk_…)"),
    ("pk_", "a publishable API key of Stripe (pk_…)"),
    ("we_", "the id of a webhook endpoint (we_…)"),
    ("lk_", "a key of Paidup's management API (lk_…)"),
    (WEBHOOK, "a webhook secret (whsec_…)"),
];
const WEBHOOK: &str = "whsec_";
const MIN_SIGNING: usize = 16;

/// Why a secret cannot be used. It never carries the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Nothing is there.
    #[error("it is empty; {}", .0.next_step())]
    Empty(SecretUse),
    /// Another secret, or none at all, was pasted.
    #[error("this is {found}, not {}; {}", wanted.name(), wanted.next_step())]
    Mistaken {
        /// What it is.
        found: &'static str,
        /// What it should be.
        wanted: SecretUse,
    },
    /// Something came along when it was copied.
    #[error("it contains white space, a quotation mark or an invisible character; {}", .0.next_step())]
    Unclean(SecretUse),
    /// It can be guessed.
    #[error("the secret has at least {MIN_SIGNING} characters; {}", .0.next_step())]
    Short(SecretUse),
    /// Not an API key.
    #[error("{0}. {next}", next = SecretUse::ApiKey.next_step())]
    ApiKey(InvalidApiKey),
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretUse {
    /// To call Stripe's API.
    ApiKey,
    /// To check the signatures of Stripe's webhooks.
    StripeWebhook,
    /// To sign our own webhooks.
    Signing,
}

impl SecretUse {
    fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "a secret API key",
            Self::StripeWebhook => "a webhook secret",
            Self::Signing => "a secret that webhooks are signed with",
        }
    }

    fn next_step(self) -> &'static str {
        match self {
            Self::ApiKey => {
                "create a key at https://dashboard.stripe.com/apikeys; it begins with sk_live_, \
                 sk_test_, rk_live_ or rk_test_"
            }
            Self::StripeWebhook => {
                "copy the signing secret (whsec_…) of the endpoint from \
                 https://dashboard.stripe.com/webhooks, or run `paidup stripe connect`, which \
                 stores it for you"
            }
            Self::Signing => "create one with: openssl rand -base64 24",
        }
    }

    fn accepts(self, prefix: &str) -> bool {
        match self {
            Self::ApiKey => matches!(prefix, "sk_" | "rk_"),
            Self::StripeWebhook | Self::Signing => prefix == WEBHOOK,
        }
    }

    /// The secret in a pasted text.
    fn clean(self, pasted: &str) -> Result<&str, SecretError> {
        let secret = unquote(pasted);
        if secret.is_empty() {
            return Err(SecretError::Empty(self));
        }
        let known = KINDS.iter().find(|(prefix, _)| secret.starts_with(prefix));
        if let Some((_, found)) = known.filter(|(prefix, _)| !self.accepts(prefix)) {
            return Err(SecretError::Mistaken {
                found,
                wanted: self,
            });
        }
        Ok(secret)
    }

    /// As [`Self::clean`], for secrets that Stripe makes.
    fn clean_of_stripe(self, pasted: &str) -> Result<&str, SecretError> {
        let secret = self.clean(pasted)?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'');
        match secret.bytes().all(plain) {
            true => Ok(secret),
            false => Err(SecretError::Unclean(self)),
        }
    }
}

/// An API key of Stripe's, as pasted.
pub(crate) fn api_key(pasted: &str) -> Result<ApiKey, SecretError> {
    let key = SecretUse::ApiKey.clean_of_stripe(pasted)?;
    ApiKey::new(key).map_err(SecretError::ApiKey)
}

/// The secrets of Stripe's webhook endpoints, separated by commas or lines: several are
/// valid while one is rolled.
pub(super) fn webhook_secrets(pasted: &str) -> Result<Vec<WebhookSecret>, SecretError> {
    let wanted = SecretUse::StripeWebhook;
    let mut secrets = Vec::new();
    for part in unquote(pasted).split([',', '\n']) {
        if part.trim().is_empty() {
            continue;
        }
        let secret = wanted.clean_of_stripe(part)?;
        secrets.push(WebhookSecret::new(secret).map_err(|_| SecretError::Empty(wanted))?);
    }
    match secrets.is_empty() {
        true => Err(SecretError::Empty(wanted)),
        false => Ok(secrets),
    }
}

/// The secret that webhooks of ours are signed with.
pub(crate) fn signing_secret(pasted: &str) -> Result<&str, SecretError> {
    let secret = SecretUse::Signing.clean(pasted)?;
    match secret.len() < MIN_SIGNING {
        true => Err(SecretError::Short(SecretUse::Signing)),
        false => Ok(secret),
    }
}

/// Drops what surrounds a pasted value: white space, a byte order mark, and quotation
/// marks, which `docker --env-file` keeps.
pub(crate) fn unquote(text: &str) -> &str {
    let text = trim(text);
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|inner| inner.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return trim(inner);
        }
    }
    text
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}')
}

/// Whether a text is a secret of a known kind, and not the name of something.
pub(crate) fn is_secret(text: &str) -> bool {
    let kinds = KINDS
        .iter()
        .filter(|(prefix, _)| !matches!(*prefix, "we_" | "pk_"));
    kinds
        .map(|(prefix, _)| prefix)
        .any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_value_is_dropped() {
        for (pasted, value) in [
            ("\"whsec_abc\"", "whsec_abc"),
            ("'whsec_abc'", "whsec_abc"),
            (" whsec_abc\r\n", "whsec_abc"),
            ("\u{feff}whsec_abc\r\n", "whsec_abc"),
            (" \" whsec_abc \"\n", "whsec_abc"),
            ("\"\"", ""),
            ("\"", "\""),
            ("\"a\",\"b\"", "\"a\",\"b\""),
            ("\"whsec_abc'", "\"whsec_abc'"),
        ] {
            assert_eq!(unquote(pasted), value, "{pasted:?}");
        }
    }

    #[test]
    fn a_secret_of_another_kind_is_refused_with_the_way_out() {
        for (pasted, reason) in [
            ("sk_test_abc", "a secret API key"),
            ("'rk_live_abc'", "a restricted API key"),
            ("pk_test_abc", "a publishable API key"),
            ("we_1abc", "the id of a webhook endpoint"),
            ("lk_test_abc", "Paidup's management API"),
            ("whsec_abc,sk_test_abc", "a secret API key"),
            ("", "empty"),
            (" \r\n", "empty"),
            ("\"\"", "empty"),
            (",", "empty"),
            ("whsec_a bc", "white space"),
            ("\"whsec_abc", "quotation mark"),
        ] {
            let refused = webhook_secrets(pasted).unwrap_err().to_string();
            assert!(refused.contains(reason), "{pasted:?}: {refused}");
            assert!(
                refused.contains("dashboard.stripe.com/webhooks"),
                "{refused}"
            );
            assert!(!refused.contains("abc"), "{refused}");
        }
        for (pasted, reason) in [
            ("whsec_abc", "a webhook secret"),
            ("pk_live_abc", "a publishable API key"),
            ("we_1abc", "the id of a webhook endpoint"),
            ("abc", "not a secret API key"),
            ("sk_test_a\u{200b}bc", "invisible"),
            ("\"\"", "empty"),
        ] {
            let refused = api_key(pasted).unwrap_err().to_string();
            assert!(refused.contains(reason), "{pasted:?}: {refused}");
            assert!(
                refused.contains("dashboard.stripe.com/apikeys"),
                "{refused}"
            );
            assert!(!refused.contains("abc"), "{refused}");
        }
        for (pasted, reason) in [
            ("rk_test_abcabcabcabc", "a restricted API key"),
            ("\"tooshortabc\"", "at least 16 characters"),
            ("", "empty"),
        ] {
            let refused = signing_secret(pasted).unwrap_err().to_string();
            assert!(refused.contains(reason), "{pasted:?}: {refused}");
            assert!(
                refused.contains("openssl rand") && !refused.contains("abc"),
                "{refused}"
            );
        }
    }

    #[test]
    fn several_secrets_may_each_be_quoted_or_all_together() {
        for pasted in [
            "whsec_a,whsec_b",
            "\"whsec_a,whsec_b\"",
            "\"whsec_a\", 'whsec_b'",
            "whsec_a\r\nwhsec_b\r\n",
            "whsec_a\n\nwhsec_b,",
        ] {
            assert_eq!(webhook_secrets(pasted).unwrap().len(), 2, "{pasted:?}");
        }
    }
}
