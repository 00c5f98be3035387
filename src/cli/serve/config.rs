//! The file of `serve --config`: what a server does, checked before it begins.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use serde::Deserialize;

use crate::cli::cosign::LONGEST;
use crate::cli::error::{CliError, file_error};
use crate::export::apart;
use crate::log::Policy;
use crate::serve::{Cosigning, Export, Hook, Hooks, Limits, Secret};
use crate::store::seed::{SeedError, read_secret};
use crate::values::{Id, Span};
use crate::view::time;

/// What a file can say. Paths are taken from the folder of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Config {
    /// Where connections are taken.
    pub listen: Option<SocketAddr>,
    /// The address by which clients ask.
    pub origin: Option<String>,
    /// Whether anybody may open agreements over the network.
    pub openings: bool,
    /// The proxies that are believed whom they speak for.
    pub behind_proxy: Vec<IpAddr>,
    /// Where metrics are given out.
    pub metrics: Option<SocketAddr>,
    /// The certificate.
    pub tls: Option<TlsFiles>,
    limits: LimitsOf,
    export: Option<ExportOf>,
    cosign: Option<CosignOf>,
    webhook: Vec<HookOf>,
}

/// Certificate and key, in PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct LimitsOf {
    connections: Option<usize>,
    per_address: Option<usize>,
    submissions: Option<usize>,
    document: Option<usize>,
    documents: Option<usize>,
    requests: Option<u32>,
    submitted: Option<u32>,
    statements: Option<u32>,
    kept: Option<u64>,
    kept_of_one: Option<u64>,
    agreements: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportOf {
    folder: PathBuf,
    restricted: Option<PathBuf>,
    every: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CosignOf {
    every: Option<String>,
    again: Option<String>,
    timeout: Option<String>,
    policy: Option<PathBuf>,
    agreements: Option<Vec<Id>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HookOf {
    name: Id,
    url: String,
    secret_file: PathBuf,
    agreements: Option<Vec<Id>>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or says what no server can do.
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = fs::read_to_string(path).map_err(file_error("read", path))?;
        let wrong = |why: &dyn std::fmt::Display| CliError::usage(format!("{}: {why}", path.display()));
        let mut config: Self = toml::from_str(&text).map_err(|error| wrong(&error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let place = |path: &mut PathBuf| *path = folder.join(&*path);
        if let Some(tls) = &mut config.tls {
            place(&mut tls.cert);
            place(&mut tls.key);
        }
        let folders =
            config.export.iter_mut().flat_map(|it| [&mut it.folder].into_iter().chain(&mut it.restricted));
        folders.for_each(place);
        config.cosign.iter_mut().flat_map(|cosign| &mut cosign.policy).for_each(place);
        config.webhook.iter_mut().for_each(|hook| place(&mut hook.secret_file));
        Ok(config)
    }

    /// What one client may take, by what the file says or else as usual.
    ///
    /// # Errors
    /// A limit with which nothing is served.
    pub(super) fn limits(&self) -> Result<Limits, CliError> {
        let mut limits = Limits::default();
        let LimitsOf { connections, per_address, submissions, document, documents, .. } = self.limits;
        let LimitsOf { requests, submitted, statements, kept, kept_of_one, agreements, .. } = self.limits;
        for (said, rate) in [
            (requests, &mut limits.requests),
            (submitted, &mut limits.submitted),
            (statements, &mut limits.statements),
        ] {
            *rate = said.map_or(*rate, |per_minute| rate.of(per_minute));
        }
        limits.quota.agreement = kept.unwrap_or(limits.quota.agreement);
        limits.quota.party = kept_of_one.unwrap_or(limits.quota.party);
        limits.agreements = agreements.unwrap_or(limits.agreements);
        for (name, said, limit) in [
            ("connections", connections, &mut limits.listen.connections),
            ("per-address", per_address, &mut limits.listen.per_address),
            ("submissions", submissions, &mut limits.submissions),
            ("document", document, &mut limits.document),
            ("documents", documents, &mut limits.documents),
        ] {
            let Some(said) = said else { continue };
            if said == 0 {
                return Err(CliError::usage(format!("limits.{name} is 0, with which nothing is served")));
            }
            *limit = said;
        }
        if limits.document > limits.documents {
            return Err(CliError::usage(format!(
                "limits.document ({} bytes) is more than limits.documents ({}), which is of all documents of a statement",
                limits.document, limits.documents
            )));
        }
        Ok(limits)
    }

    /// Where exported folders are kept up to date, by the server of this data folder.
    ///
    /// # Errors
    /// Its time is none, or nothing is to be exported to that folder.
    pub(super) fn export(&self, data: &Path) -> Result<Option<Export>, CliError> {
        let Some(ExportOf { folder, restricted, every }) = &self.export else { return Ok(None) };
        let every = every.as_deref().map_or(Ok(Span::from_seconds(60)), time::span);
        let every = every.map_err(|why| CliError::usage(format!("export.every: {why}")))?;
        if every.seconds() < 1 {
            return Err(CliError::usage("export.every is 0, and the shortest time is 1s"));
        }
        apart(folder, data).map_err(|error| CliError::usage(format!("export.folder: {error}")))?;
        if let Some(restricted) = restricted {
            apart(restricted, data)
                .map_err(|error| CliError::usage(format!("export.restricted: {error}")))?;
            apart(restricted, folder).map_err(|_| {
                CliError::usage(
                    "export.restricted is export.folder, in it or around it, and that is for anybody: give it a folder of its own",
                )
            })?;
        }
        Ok(Some(Export { folder: folder.clone(), restricted: restricted.clone(), every }))
    }

    /// How witnesses are asked to cosign what is new, where anybody may open agreements or not.
    ///
    /// # Errors
    /// A time is none, the policy cannot be read, or strangers would say whom this machine asks.
    pub(super) fn cosigning(&self, openings: bool) -> Result<Option<Cosigning>, CliError> {
        let Some(CosignOf { every, again, timeout, policy, agreements }) = &self.cosign else {
            return Ok(None);
        };
        let span = |name: &str, said: &Option<String>, usual: u64| {
            let span = said.as_deref().map_or(Ok(Span::from_seconds(usual)), time::span);
            let span = span.map_err(|why| CliError::usage(format!("cosign.{name}: {why}")))?;
            match span.seconds() {
                0 => Err(CliError::usage(format!("cosign.{name} is 0, and the shortest time is 1s"))),
                _ => Ok(span),
            }
        };
        let timeout = span("timeout", timeout, 10)?.seconds();
        if timeout > LONGEST {
            return Err(CliError::usage(format!(
                "cosign.timeout is more than the {LONGEST} seconds that a witness may take"
            )));
        }
        if openings && agreements.is_none() {
            return Err(CliError::usage(
                "with openings anybody writes policies, and this machine would ask any address that one names: name the \
                 agreements whose witnesses are asked in cosign.agreements",
            ));
        }
        if agreements.as_ref().is_some_and(Vec::is_empty) {
            return Err(CliError::usage(
                "cosign.agreements names none, so nobody would be asked: name some, or leave it out for all",
            ));
        }
        let policy = policy.as_deref().map(policy_in).transpose()?;
        Ok(Some(Cosigning {
            every: span("every", every, 10)?,
            again: span("again", again, 3_600)?,
            timeout: Duration::from_secs(timeout),
            policy: policy.map(Arc::new),
            agreements: agreements.clone().unwrap_or_default(),
        }))
    }

    /// Who is told when a licence moves. What is not delivered is kept in this folder.
    ///
    /// # Errors
    /// A secret cannot be read, an address is not one to which licences go, or two have one name.
    pub(super) fn hooks(&self, folder: PathBuf) -> Result<Hooks, CliError> {
        let mut all: Vec<Arc<Hook>> = Vec::new();
        for HookOf { name, url, secret_file, agreements } in &self.webhook {
            if all.iter().any(|hook| hook.name == *name) {
                return Err(CliError::usage(format!(
                    "two webhooks are called `{name}`: give each its own name"
                )));
            }
            if agreements.as_ref().is_some_and(Vec::is_empty) {
                return Err(CliError::usage(format!(
                    "webhook `{name}`: `agreements` names none, so it would be told of nothing: name some, or leave it out for all"
                )));
            }
            let Some(address) =
                url.parse::<Uri>().ok().filter(|url| url.host().is_some_and(|it| !it.is_empty()))
            else {
                return Err(CliError::usage(format!(
                    "webhook `{name}`: {url} is no address: give one such as https://licensing.example/quorate"
                )));
            };
            if !protected(&address) {
                return Err(CliError::usage(format!(
                    "webhook `{name}`: {url} is neither an https:// address nor one of this machine, and what is sent could be \
                     read and altered on its way"
                )));
            }
            let secret =
                read_secret(secret_file, |text| Secret::parse(std::str::from_utf8(text).ok()?.trim_end()))
                    .map_err(|error| secret_error(secret_file, error))?;
            all.push(Arc::new(Hook {
                name: name.clone(),
                url: url.clone(),
                secret,
                agreements: agreements.clone().unwrap_or_default(),
            }));
        }
        Ok(Hooks { all, folder })
    }
}

/// The policy in a file, whose witnesses can be asked.
fn policy_in(path: &Path) -> Result<Policy, CliError> {
    let text = fs::read(path).map_err(file_error("read", path))?;
    let wrong = |why: String| CliError::usage(format!("{}: {why}", path.display()));
    let policy = Policy::parse(&text).map_err(|error| wrong(error.to_string()))?;
    if !policy.witnesses().any(|witness| witness.url.is_some()) {
        return Err(wrong("it names no witness with an address, so there is nobody to ask".to_owned()));
    }
    Ok(policy)
}

/// Whether nobody on the way can read what is sent there.
fn protected(url: &Uri) -> bool {
    let local = ["127.0.0.1", "localhost", "[::1]"];
    match url.scheme_str() {
        Some("https") => true,
        Some("http") => url.host().is_some_and(|host| local.contains(&host)),
        _ => false,
    }
}

fn secret_error(path: &Path, error: SeedError) -> CliError {
    let path = path.display();
    match error {
        SeedError::Missing => CliError::usage(format!(
            "{path} is not there: make it with `(umask 077; echo \"whsec_$(openssl rand -base64 32)\" > {path})`, and give its \
             content to whoever receives the messages"
        )),
        SeedError::Exposed(mode) => CliError::usage(format!(
            "{path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`, and if others were about, make a new one"
        )),
        SeedError::Form => CliError::usage(format!(
            "{path} is no webhook secret: it is one line, `whsec_` and 24 to 64 bytes in base64"
        )),
        SeedError::Io(what, error) => CliError::usage(format!("cannot {what} {path}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_can_be_used_with_everything_in_it() {
        let text = include_str!("../../../docs/operating/server.toml");
        let keyed = |line: &str| line.starts_with('[') || line.contains(" = ");
        let lines =
            text.lines().map(|line| line.strip_prefix("# ").filter(|rest| keyed(rest)).unwrap_or(line));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let config = Config::read(&path).unwrap();
        // What it says of limits is what there is without it.
        assert_eq!(config.limits().unwrap(), Limits::default());
        assert!(config.tls.is_some() && config.export(folder.path()).unwrap().is_some());
        fs::write(folder.path().join("witnesses.policy"), "quorum none\n").unwrap();
        let error = config.cosigning(false).unwrap_err().to_string();
        assert!(error.contains("names no witness with an address"), "{error}");
        let error = config.hooks(folder.path().to_owned()).unwrap_err().to_string();
        assert!(error.contains("licensing.secret is not there"), "{error}");
    }
}
