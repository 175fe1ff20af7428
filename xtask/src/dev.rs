//! `dev` and `stack`: the stack on fixed ports with kept state, until Ctrl-C.

use std::{process::ExitCode, time::Instant};

use crate::{
    cargo,
    cli::{DevArgs, StackArgs},
    file,
    setup::Kit,
    stack::{
        self, Services,
        app::{App, Program, Workers},
        place::Place,
        ports::Ports,
    },
    ui,
};

/// Runs everything.
pub(crate) fn run(kit: &Kit, args: &DevArgs) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    // What can be refused is refused before the build, which takes its time.
    let place = Place::kept(kit, args.stack.fresh)?;
    let ports = Ports::of_dev(args)?;
    let path = cargo::build_zapiki(kit)?;
    let services = Services::start(kit, place, ports)?;
    let program = Program::prepare(kit, &services, path)?;
    let app = App::start(&services, program, Workers::One)?;

    let api = format!("http://127.0.0.1:{}", ports.api);
    let key = &app.demo.api_key;
    let rows = [
        ("API docs", format!("{api}/docs")),
        ("Portal", format!("{api}/portal")),
        ("Temporal UI", format!("http://127.0.0.1:{}", ports.ui)),
        (
            "Its payloads",
            format!(
                "http://127.0.0.1:{}, token in {}",
                ports.codec,
                app.program.codec_token.display()
            ),
        ),
        ("Tenant", app.demo.tenant.clone()),
        ("API key", key.clone()),
        ("Program", app.program.path().display().to_string()),
        ("Logs", services.place.logs.display().to_string()),
    ];
    ui::summary_box(
        &format!("Zapiki is up ({})", ui::time(begun.elapsed())),
        &rows,
    );
    ui::line(format_args!(
        "\nTry it:\n  curl -sS {api}/v1/circuits -H 'X-API-Key: {key}'"
    ));
    ui::line(
        "\nFrom here to a proof in six calls: docs/API.md. Ctrl-C stops everything; state is kept.",
    );

    let processes: Vec<_> = services
        .processes()
        .into_iter()
        .chain(app.processes())
        .collect();
    match stack::watch(&processes)? {}
}

/// Runs PostgreSQL and Temporal, for an API or worker that somebody starts by hand.
pub(crate) fn run_stack(kit: &Kit, args: StackArgs) -> anyhow::Result<ExitCode> {
    let place = Place::kept(kit, args.fresh)?;
    let ports = Ports {
        api: crate::cli::API_PORT,
        codec: crate::cli::CODEC_PORT,
        ..Ports::of_stack(args)?
    };
    let path = cargo::build_zapiki(kit)?;
    let services = Services::start(kit, place, ports)?;
    let program = Program::prepare(kit, &services, path)?;

    // Passwords go into a file of their owner, not onto the screen.
    let environment = kit.paths.logs.with_file_name("stack.env");
    file::write_private(&environment, &program.shell_environment())?;
    let rows = [
        ("Temporal", services.temporal_url()),
        ("Temporal UI", format!("http://127.0.0.1:{}", ports.ui)),
        ("PostgreSQL", format!("127.0.0.1:{}", ports.postgres)),
        ("Environment", environment.display().to_string()),
    ];
    ui::summary_box(
        "PostgreSQL and Temporal are up, the database is migrated",
        &rows,
    );
    let program = program.path().display();
    ui::line(format_args!(
        "\nIn another shell:\n  . {}\n  {program} api\n  {program} worker\n  {program} codec-server",
        environment.display()
    ));
    match stack::watch(&services.processes())? {}
}
