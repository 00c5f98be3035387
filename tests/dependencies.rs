//! `docs/dependencies.md` gives the reason for every dependency, and for nothing else.

use std::collections::BTreeSet;

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
    let tables = ["dependencies", "dev-dependencies"].map(|name| manifest[name].as_table().unwrap());
    let named: BTreeSet<&str> = tables.into_iter().flat_map(toml::Table::keys).map(String::as_str).collect();

    let page = include_str!("../docs/dependencies.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let explained: BTreeSet<&str> = rows.map(|(name, _)| name).collect();

    assert!(!named.is_empty());
    assert_eq!(named, explained);
}
