//! A person at a terminal: `script` of util-linux gives the program one, and answers are typed when it asks.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests
#![allow(dead_code)] // each test binary uses a part

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use super::Stage;

/// Runs a line of quorate at a terminal and types each answer after its prompt, each a passphrase. Gives the exit code and everything
/// that the terminal showed.
pub fn at_terminal(
    stage: &Stage,
    line: &str,
    answers: &[(&str, &str)],
    set: &[(&str, &str)],
) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_quorate");
    let typed = format!("tty > terminal.txt; exec '{program}' --data data --clock {} {line}", stage.clock);
    // A prompt that never comes is a failure, and no wait for ever.
    let mut command = Command::new("timeout");
    command
        .args(["300", "script", "--quiet", "--return", "--command", &typed, "/dev/null"])
        .current_dir(stage.path(""));
    // A build server's `CI` counts as a terminal with colours, whatever `TERM` says.
    let colours = ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"];
    for name in ["QUORATE_DATA", "QUORATE_CLOCK", "XDG_DATA_HOME", "SSH_AUTH_SOCK"].into_iter().chain(colours)
    {
        command.env_remove(name);
    }
    command.env("HOME", stage.path("")).env("TERM", "xterm-256color").envs(set.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut answers) = (Vec::new(), answers.iter());
    let mut asked = answers.next();
    let mut from = 0;
    let mut buffer = [0; 1024];
    loop {
        let length = screen.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        shown.extend_from_slice(buffer.get(..length).unwrap());
        while let Some((prompt, answer)) = asked {
            let text = String::from_utf8_lossy(shown.get(from..).unwrap()).into_owned();
            if !text.contains(prompt) {
                break;
            }
            from = shown.len();
            wait_for_silence(stage);
            keyboard.write_all(format!("{answer}\n").as_bytes()).unwrap();
            asked = answers.next();
        }
    }
    let status = child.wait().unwrap();
    assert!(asked.is_none(), "never asked for {asked:?}: {}", String::from_utf8_lossy(&shown));
    (status.code().unwrap(), String::from_utf8(shown).unwrap())
}

/// The prompt is there a moment before the terminal stops showing what is typed; people do not type so fast.
fn wait_for_silence(stage: &Stage) {
    let terminal = stage.read("terminal.txt");
    loop {
        let settings = Command::new("stty").args(["-a", "-F", terminal.trim()]).output().unwrap();
        assert!(settings.status.success(), "{settings:?}");
        if String::from_utf8_lossy(&settings.stdout).contains(" -echo ") {
            return;
        }
    }
}
