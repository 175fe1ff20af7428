//! `test`: all tests, on a PostgreSQL and a Temporal that are thrown away afterwards.

use std::process::ExitCode;

use crate::{
    alerts, cargo,
    process::Launch,
    setup::{self, Browser, Kit},
    stack::{Services, place::Place, ports::Ports},
};

/// The package whose tests start the program.
const END_TO_END: &str = "zapiki-tests";

/// Runs `cargo test` with these arguments.
pub(crate) fn run(kit: &Kit, cargo_args: &[String]) -> anyhow::Result<ExitCode> {
    if packages(cargo_args).is_empty() {
        alerts::gate(kit)?;
    }
    let (launch, _services) = prepare(kit, cargo_args)?;
    let status = launch.start()?.wait()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `cargo test`, and the services that must live as long as it runs.
pub(crate) fn prepare(kit: &Kit, cargo_args: &[String]) -> anyhow::Result<(Launch, Services)> {
    let packages = packages(cargo_args);
    let mut launch = cargo::command(kit, "cargo test").arg("test");
    if packages.is_empty() {
        launch = launch.arg("--workspace");
    }
    launch = launch.args(cargo_args);
    if packages.is_empty() || packages.contains(&END_TO_END) {
        let prometheus = setup::prometheus(kit)?.join("prometheus");
        let Browser { chromium, driver } = setup::browser()?;
        launch = launch
            .env("ZAPIKI_TEST_CHROMIUM", chromium)
            .env("ZAPIKI_TEST_CHROMEDRIVER", driver)
            .env("ZAPIKI_TEST_PROMETHEUS", prometheus)
            .env("ZAPIKI_TEST_PROGRAM", cargo::build_zapiki(kit)?);
    }
    let services = Services::start(kit, Place::thrown_away(kit, "test")?, Ports::free()?)?;
    let launch = launch
        .env("ZAPIKI_TEST_DATABASE_ADMIN_URL", services.admin_url())
        .env("ZAPIKI_TEST_TEMPORAL_URL", services.temporal_url())
        .env("ZAPIKI_TEST_TEMPORAL_UI_URL", services.temporal_ui_url())
        .env("ZAPIKI_TEST_POSTGRES_DATA", &services.place.database);
    Ok((launch, services))
}

/// The packages that cargo's arguments name, in any of its spellings.
fn packages(cargo_args: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut args = cargo_args
        .iter()
        .map(String::as_str)
        .take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        if arg == "-p" || arg == "--package" {
            found.extend(args.next());
        } else if let Some(name) = arg
            .strip_prefix("--package=")
            .or_else(|| arg.strip_prefix("-p"))
        {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_in_every_spelling() {
        let args = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            packages(&args("-p one --package two --package=three -pfour name")),
            ["one", "two", "three", "four"]
        );
        assert!(packages(&args("--lib -- -p one")).is_empty());
        assert!(packages(&args("-p")).is_empty());
    }
}
