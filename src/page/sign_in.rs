//! Where a reader of restricted agreements shows whose key they have.

use maud::html;

use super::layout;
use super::parts::when;
use crate::statement::request::NAMESPACE;
use crate::values::Instant;

/// The page with a challenge. `until`: until when the reader is signed in already; `wrong`: why the last signature was not
/// taken, and what to do.
pub fn sign_in(challenge: &str, until: Option<Instant>, wrong: Option<(&str, Option<&str>)>) -> String {
    let top = html! {
        h1 { "Read with your key" }
        @if let Some(until) = until {
            p { "You are signed in until " (when(until)) ". " a href="/" { "What you can read" } }
        }
        @if let Some((why, instead)) = wrong {
            p.specimen role="alert" { strong { "Not taken: " (why) @if let Some(instead) = instead { "; " (instead) } "." } }
        }
    };
    // `printf` writes `\n` as a line's end: what is signed ends with one.
    let command = format!(
        "printf '{}' | ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519",
        challenge.replace('\n', "\\n")
    );
    let elsewhere = format!(
        "[IO.File]::WriteAllText(\"$PWD\\request.txt\", \"{}\"); \
         ssh-keygen -Y sign -n {NAMESPACE} -f $HOME\\.ssh\\id_ed25519 request.txt; Get-Content request.txt.sig",
        challenge.replace('\n', "`n")
    );
    let body = html! {
        p { "An agreement that is restricted is shown to those who can sign something in it. Sign this text, which is no "
            "statement and binds nobody to anything, with the key that the roster or your nomination names:" }
        pre.exact tabindex="0" { (challenge) }
        p { "In a terminal this command does it, with your own key after " code { "-f" } ":" }
        pre.command tabindex="0" { (command) }
        details {
            summary { "On Windows, in PowerShell" }
            pre.command tabindex="0" { (elsewhere) }
        }
        form method="post" action="/sign-in" {
            input type="hidden" name="challenge" value=(challenge);
            p {
                label for="signature" { "What it prints, from " code.whole { "-----BEGIN SSH SIGNATURE-----" } " to "
                    code.whole { "-----END SSH SIGNATURE-----" } }
            }
            p { textarea #signature name="signature" rows="9" cols="72" required spellcheck="false" autocomplete="off" {} }
            p { button type="submit" { "Sign in" } }
        }
        p { "This browser keeps a cookie then, for a quarter of an hour, with which it can read and do nothing else." }
    };
    layout::page("Read with your key", None, &top, &body)
}
