//! `witness init`, `witness add-log`, `witness show`, `witness serve`.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::answer::{self, Answer};
use super::context::Context;
use super::documents;
use super::error::CliError;
use super::served::{announce, shutdown};
use super::show::{Page, Tone};
use crate::log::{Policy, VerifierKey};
use crate::values::Digest;
use crate::witness::{self, Limits, Logs, Witness, WitnessDir};

/// Witness other people's logs (C2SP tlog-witness): cosign each head only as the continuation of the one before
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  quorate witness init wit --name wit.example/w1\n  \
    quorate witness add-log wit log.example/votes+fe0831bc+AYqI…\n  quorate witness serve wit --listen 127.0.0.1:7380\n\n\
    Never restore the folder from a copy: a witness that has forgotten what it cosigned signs two histories.")]
pub enum WitnessCommand {
    /// Make a witness with a new key, and print its verifier key
    #[command(after_help = "Example:\n  quorate witness init wit --name wit.example/w1\n\n\
        Its private key is in DIR/witness.key. Keep a copy of that file, and of nothing else.")]
    Init(Init),
    /// Add a log, by its verifier key; a serving witness takes it up on SIGHUP
    #[command(after_help = "Example:\n  quorate witness add-log wit log.example/votes+fe0831bc+AYqI…\n  \
            quorate witness add-log wit --policy policy\n\nDIR/logs.toml holds them, for people to edit.")]
    AddLog(Box<AddLog>),
    /// Show the key, the logs, and what was cosigned last of each
    #[command(after_help = "Example:\n  quorate witness show wit")]
    Show(Show),
    /// Answer requests to cosign, until SIGTERM or Ctrl-C
    #[command(after_help = "Example:\n  quorate witness serve wit --listen 127.0.0.1:7380\n\n\
            HTTP without TLS: let a proxy bring that, and limit connections per client. Port 0 takes a free one; standard output says which. \
            What it does is told on standard error; QUORATE_LOG=warn tells less.")]
    Serve(Serve),
}

/// The arguments of `witness init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder, made where it is not there
    dir: PathBuf,
    /// The witness's name: a host name or URL without scheme that you control
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// The arguments of `witness add-log`.
#[derive(Debug, Args)]
pub struct AddLog {
    /// The witness's folder
    dir: PathBuf,
    /// The log's verifier key (`quorate key show --log` prints ours)
    #[arg(value_name = "VKEY", required_unless_present = "policy")]
    key: Option<VerifierKey>,
    /// The origin of the log's checkpoints, where it is not the key's name
    #[arg(long, value_name = "ORIGIN", requires = "key")]
    origin: Option<String>,
    /// Add every log that a policy (C2SP tlog-policy) names
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    policy: Option<PathBuf>,
}

/// The arguments of `witness show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The witness's folder
    dir: PathBuf,
}

/// The arguments of `witness serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The witness's folder
    dir: PathBuf,
    /// Where to take connections
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// The machine's clock is right, though it is more than 400 days after the newest cosignature
    #[arg(long)]
    accept_clock_jump: bool,
}

impl WitnessCommand {
    /// Whether it starts a server.
    pub fn serves(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

/// Runs `witness`.
///
/// # Errors
/// The folder does not fit what is asked, or storage fails.
pub fn run(context: &Context, command: &WitnessCommand) -> Result<Answer, CliError> {
    match command {
        WitnessCommand::Init(args) => init(args),
        WitnessCommand::AddLog(args) => add_log(args),
        WitnessCommand::Show(args) => show(args),
        WitnessCommand::Serve(args) => serve(context, args),
    }
}

fn init(args: &Init) -> Result<Answer, CliError> {
    let (folder, signer) = WitnessDir::init(&args.dir, &args.name)?;
    let mut page = Page::default();
    page.line(Tone::Good, &format!("made the witness {}", args.dir.display()));
    page.fields([
        ("verifier key", signer.verifier().to_string()),
        ("private key", format!("{}, for this machine alone: keep a copy", folder.key_path().display())),
    ]);
    page.line(Tone::Notice, NEVER_RESTORE);
    page.blank();
    page.raw(&format!("Next: `quorate witness add-log {} VKEY`", args.dir.display()));
    Ok(Answer::done(page, json!({ "dir": answer::path(&args.dir), "vkey": signer.verifier() })))
}

const NEVER_RESTORE: &str = "Never restore `state` from a copy: a witness that has forgotten what it cosigned signs two \
    histories. Where it is lost, make a new witness with a new key.";

fn add_log(args: &AddLog) -> Result<Answer, CliError> {
    let folder = WitnessDir::open(&args.dir)?;
    let named =
        |key: &VerifierKey| (args.origin.clone().unwrap_or_else(|| key.name().to_owned()), key.clone());
    let mut new: Vec<(String, VerifierKey)> = args.key.iter().map(named).collect();
    if let Some(file) = &args.policy {
        let policy = Policy::parse(&documents::read(file)?)
            .map_err(|error| CliError::usage(format!("{}: {error}", file.display())))?;
        new.extend(policy.logs().iter().map(|log| (log.key.name().to_owned(), log.key.clone())));
        if new.is_empty() {
            return Err(CliError::usage(format!("{}: the policy names no log", file.display())));
        }
    }
    folder.add_logs(&new)?;
    let mut page = Page::default();
    for (origin, key) in &new {
        page.line(Tone::Good, &format!("added {origin}, by the key {key}"));
    }
    page.blank();
    page.raw("A witness that is serving takes it up on SIGHUP, or when it is started again.");
    let added: Vec<Value> = new.iter().map(|(origin, key)| json!({ "origin": origin, "key": key })).collect();
    Ok(Answer::done(page, json!({ "added": added })))
}

fn show(args: &Show) -> Result<Answer, CliError> {
    let folder = WitnessDir::open(&args.dir)?;
    let (signer, logs) = (folder.signer()?, folder.logs()?);
    let looked = folder.look()?;
    let held = folder.evidence().held()?;
    let mut page = Page::default();
    page.fields([("verifier key", signer.verifier().to_string())]);
    if looked.is_none() {
        page.line(
            Tone::Notice,
            "It is serving, so what it cosigned last is not shown here; it answers at the addresses below.",
        );
    }
    let mut rows = Vec::new();
    let mut told = Vec::new();
    for (origin, keys) in logs.iter() {
        let log = Digest::of(origin.as_bytes());
        let last = looked.as_ref().and_then(|looked| looked.get(&log));
        let evidence = held.iter().find(|held| held.log == log);
        let forks = evidence.map(|held| held.forks.clone()).unwrap_or_default();
        let unknown = if looked.is_some() { "nothing" } else { "not shown" };
        rows.push(vec![
            (origin.to_owned(), Tone::Plain),
            (last.map_or_else(|| unknown.to_owned(), |last| last.head.size.to_string()), Tone::Plain),
            (last.map(|last| last.time.time().to_string()).unwrap_or_default(), Tone::Plain),
            match evidence {
                Some(_) if !forks.is_empty() => ("TWO HISTORIES".to_owned(), Tone::Bad),
                Some(held) => (format!("{} notes", held.notes), Tone::Notice),
                None => (String::new(), Tone::Plain),
            },
        ]);
        told.push(json!({
            "origin": origin, "keys": keys, "log": log.hex(), "head": last.map(|last| last.head),
            "time": last.map(|last| last.time.time()), "evidence": evidence.map_or(0, |held| held.notes), "forks": forks,
        }));
    }
    page.blank();
    if rows.is_empty() {
        page.raw("No logs: `quorate witness add-log` adds one.");
    }
    page.table(&["log", "entries", "cosigned at", "evidence"], rows);
    if looked.is_none() {
        for (origin, _) in logs.iter() {
            // Whole on its line, to be copied.
            page.blank();
            page.line(Tone::Plain, &format!("{origin}, named by its SHA-256:"));
            page.raw(&format!("  GET /{}/checkpoint", Digest::of(origin.as_bytes()).hex()));
        }
    }
    Ok(Answer::done(page, json!({ "vkey": signer.verifier(), "serving": looked.is_none(), "logs": told })))
}

fn serve(context: &Context, args: &Serve) -> Result<Answer, CliError> {
    if context.clock.is_some() {
        return Err(CliError::usage(
            "a witness signs the time of the machine's clock: leave out --clock and QUORATE_CLOCK",
        ));
    }
    let folder = WitnessDir::open(&args.dir)?;
    let mut state = folder.open_state()?;
    if args.accept_clock_jump {
        state = state.accepting_clock_jump();
    }
    let key = state.signer().verifier().clone();
    let logs = Arc::new(RwLock::new(Arc::new(folder.logs()?)));
    let clock = context.clock();
    let witness = Witness {
        state,
        logs: Arc::clone(&logs),
        evidence: folder.evidence(),
        now: Box::new(move || clock.now()),
        limits: Limits::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| CliError::Storage(format!("the server cannot be started: {error}")))?;
    let served = runtime.block_on(async {
        let cannot = |error| CliError::Usage(format!("cannot listen on {}: {error}", args.listen));
        let listener = TcpListener::bind(args.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        // Before the address is told: whoever reads it may send a signal at once.
        let (shutdown, reload) = (shutdown()?, reload(folder, logs)?);
        announce(context, &json!({ "listening": address, "vkey": key }), &format!("listening on {address}"))?;
        tracing::info!(%address, witness = %key, "serving");
        let reload = tokio::spawn(reload);
        let served = witness::run(listener, witness, shutdown).await;
        reload.abort();
        tracing::info!("ended");
        Ok::<_, CliError>(served?)
    });
    // Nothing is waited for that storage may never finish.
    runtime.shutdown_background();
    served.map(|()| Answer::told())
}

/// Reads the logs anew on each SIGHUP.
fn reload(folder: WitnessDir, logs: Arc<RwLock<Arc<Logs>>>) -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error| CliError::Storage(format!("signals cannot be waited for: {error}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(cannot)?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            match folder.logs() {
                Ok(read) => {
                    tracing::info!(logs = read.iter().count(), "the logs were read anew");
                    *logs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                }
                Err(error) => {
                    tracing::error!(%error, "the logs were not read anew; those of before still count");
                }
            }
        }
    })
}
