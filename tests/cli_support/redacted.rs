//! What the program says, as it can be recorded.

use std::path::Path;

/// Keys, digests and folders are new in every run.
pub fn redacted(text: &str, folder: &Path) -> String {
    let mut text = text.replace(folder.to_str().unwrap().trim_end_matches('/'), "/home/ada");
    for (mark, least) in [
        ("sha256:", 8),
        ("SHA256:", 43),
        ("root            ", 40),
        ("root ", 40),
        ("agi-2025+", 8),
        ("refused-", 12),
    ] {
        let mut told = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(mark) {
            let digits =
                after.chars().take_while(|it| it.is_ascii_alphanumeric() || "+/=".contains(*it)).count();
            told.push_str(before);
            told.push_str(mark);
            let zeros = ["0000", "AAAA"].iter().any(|none| after.starts_with(none));
            rest = if digits >= least && !zeros {
                told.push('…');
                &after[digits..]
            } else {
                after
            };
        }
        told.push_str(rest);
        text = told.replace("……", "…");
    }
    text
}
