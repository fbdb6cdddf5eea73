//! Keeps secrets out of messages that quote a settings file.

use super::secret::KINDS;

/// Removes secrets from a message that quotes a settings file.
pub(super) fn elide(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(elide_line).collect();
    lines.join("\n")
}

fn elide_line(line: &str) -> String {
    const SECRET_MEMBERS: [&str; 4] = ["secret", "key", "password", "database_url"];
    if let Some((member, _)) = line.split_once('=') {
        let name = member.trim_end();
        let names_secret = SECRET_MEMBERS.iter().any(|word| name.contains(word));
        if names_secret && !name.ends_with("_file") && !name.ends_with("key_prefix") {
            return format!("{member}= [elided]");
        }
    }
    // The inside of a text of several lines may be a secret.
    if let Some((number, quoted)) = line.split_once(" | ")
        && !number.trim().is_empty()
        && number.trim().bytes().all(|byte| byte.is_ascii_digit())
        && !quoted.contains('=')
        && !quoted.trim_start().starts_with(['[', '#'])
    {
        return format!("{number} | [elided]");
    }
    let mut rest = line;
    let mut shown = String::new();
    let next = |text: &str| {
        let found = KINDS.iter().filter_map(|(prefix, _)| {
            text.find(prefix)
                .map(|start| (start, start.saturating_add(prefix.len())))
        });
        found.min()
    };
    while let Some((_, end)) = next(rest) {
        let (before, secret) = rest.split_at(end);
        shown.push_str(before);
        let ends = |character: char| !character.is_ascii_alphanumeric() && character != '_';
        rest = secret
            .get(secret.find(ends).unwrap_or(secret.len())..)
            .unwrap_or_default();
        shown.push_str("[elided]");
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_line_of_the_file_loses_its_secret() {
        let message = "TOML parse error at line 2, column 1\n  |\n\
                       2 | webhook_secret = \"canary\"\n  | ^^^^\nunknown field `webhook_secret`";
        let shown = elide(message);
        assert!(
            !shown.contains("canary") && shown.contains("unknown field"),
            "{shown}"
        );
        let shown = elide("invalid type: string \"sk_live_canary\", expected a sequence");
        assert_eq!(
            shown,
            "invalid type: string \"sk_[elided]\", expected a sequence"
        );
        let shown = elide("25 | CANARY\n  | ^^\ninvalid multi-line basic string");
        assert_eq!(
            shown,
            "25 | [elided]\n  | ^^\ninvalid multi-line basic string"
        );
        let shown = elide("2 | lease = \"never\"");
        assert_eq!(shown, "2 | lease = \"never\"");
    }
}
