//! The style, the scripts and the sign, each under a name that changes with what it holds: so it may be kept for ever.

use std::sync::LazyLock;

use crate::values::Digest;

/// A file that pages use.
#[derive(Debug)]
pub struct Asset {
    name: String,
    /// Its media type.
    pub kind: &'static str,
    /// What it holds.
    pub content: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = Digest::of(content.as_bytes()).hex();
        let name = format!("{name}-{}.{ending}", digest.get(..16).unwrap_or_default());
        Self { name, kind, content }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page", "css", "text/css; charset=utf-8", include_str!("style.css")));
static PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new("page", "js", SCRIPT, include_str!("page.js")));
static CHECK: LazyLock<Asset> = LazyLock::new(|| Asset::new("check", "js", SCRIPT, include_str!("check.js")));
static SIGN: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("sign", "svg", "image/svg+xml", include_str!("sign.svg")));

/// How pages look.
pub(super) fn style() -> &'static Asset {
    &STYLE
}

/// What keeps a page up to date.
pub(super) fn script() -> &'static Asset {
    &PAGE
}

/// What checks a record in the browser.
pub(super) fn check() -> &'static Asset {
    &CHECK
}

/// The sign in a browser's tab.
pub(super) fn sign() -> &'static Asset {
    &SIGN
}

/// The file of a name; `None` where there is none, such as one of another version.
pub fn named(name: &str) -> Option<&'static Asset> {
    [style(), script(), check(), sign()].into_iter().find(|asset| asset.name == name)
}
