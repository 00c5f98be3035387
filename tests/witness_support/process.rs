//! The program itself: a folder in which commands run, and a server as a process of its own.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::io::{BufRead as _, BufReader, Lines};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};

use quorate::log::WitnessKey;
use serde_json::Value;

/// A folder, and the commands that are run in it.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a witness in `wit`.
    pub fn made() -> Self {
        let desk = Self::empty();
        desk.ok("witness init wit --name wit.example/w1");
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The key of the witness in `wit`.
    pub fn key(&self) -> WitnessKey {
        quorate::witness::WitnessDir::open(&self.path("wit")).unwrap().signer().unwrap().verifier().clone()
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_remove("QUORATE_CLOCK").env_remove("QUORATE_LOG");
        command.env("NO_COLOR", "1").args(words).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_quorate"), words).output().unwrap()
    }

    /// Runs a command that must succeed, and gives its record.
    pub fn ok(&self, line: &str) -> Value {
        let words: Vec<&str> = std::iter::once("--json").chain(line.split(' ')).collect();
        let Output { status, stdout, stderr } = self.run(&words);
        assert!(status.success(), "{line}: {}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }

    /// Runs a command that must succeed, and gives what a person sees.
    pub fn shows(&self, line: &str) -> String {
        let Output { status, stdout, stderr } = self.run(&line.split(' ').collect::<Vec<_>>());
        assert!(status.success(), "{line}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// Runs a command that must fail, and gives what it says.
    pub fn fails(&self, line: &str, code: i32) -> String {
        self.fails_with(&line.split(' ').collect::<Vec<_>>(), code)
    }

    pub fn fails_with(&self, words: &[&str], code: i32) -> String {
        let Output { status, stderr, .. } = self.run(words);
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        assert_eq!(status.code(), Some(code), "{words:?}: {stderr}");
        stderr
    }

    /// Serves the witness in `wit` on a free port.
    pub fn serve(&self) -> Server {
        self.serve_under(&[])
    }

    /// The same under another program, such as strace.
    pub fn serve_under(&self, wrapper: &[&str]) -> Server {
        self.serve_with(wrapper, &[])
    }

    /// The same with more options.
    pub fn serve_with(&self, wrapper: &[&str], options: &[&str]) -> Server {
        let serve =
            [env!("CARGO_BIN_EXE_quorate"), "--json", "witness", "serve", "wit", "--listen", "127.0.0.1:0"];
        let words: Vec<&str> = wrapper.iter().copied().chain(serve).chain(options.iter().copied()).collect();
        let (program, words) = words.split_first().unwrap();
        let mut command = self.command(program, words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        // One document, pretty and so of several lines.
        let mut text = String::new();
        let told = loop {
            let Some(line) = lines.next() else {
                let said: Vec<String> = log.by_ref().map(Result::unwrap).collect();
                panic!("it does not serve: {said:#?}");
            };
            text.push_str(&line.unwrap());
            if let Ok(told) = serde_json::from_str::<Value>(&text) {
                break told;
            }
        };
        let address = told["listening"].as_str().unwrap().parse().unwrap();
        Server { child, address, told, log, _stdout: lines }
    }
}

/// A server that is running.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    pub told: Value,
    log: Lines<BufReader<ChildStderr>>,
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Reads its log up to a line with these words.
    pub fn logged(&mut self, words: &str) -> String {
        let found = self.log.by_ref().map(Result::unwrap).find(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("it ended without a word of `{words}`"))
    }

    /// What is left of its log, once it has ended.
    pub fn rest(&mut self) -> String {
        self.log.by_ref().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// Ends it by SIGTERM.
    pub fn end(&mut self) -> ExitStatus {
        signal(&self.child, "TERM");
        self.child.wait().unwrap()
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process of ours.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}
