//! C programs that do what no example does. One is a host with its own network, which is
//! this test; one needs none, it has a file; one makes every mistake with a client.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use paidup_issuer::app::OfflineAnswer;
use paidup_tests::{Failure, Outcome};

use crate::examples::Sold;
use crate::program::{EACH_WAY, Library, Program, run, source};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_carries_the_requests_itself() -> Outcome {
    for way in EACH_WAY {
        let sold = Sold::set().await?;
        let program = Program::compile(&[source("c/host.c")], "c99", Library::Verify, way, &[])?;
        let arguments = [&sold.issuer, &sold.root, "a-host", &sold.key];
        let mut command = program.command(sold.folder(), &arguments);
        let http = reqwest::Client::new();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("no standard input")?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let (mut told, mut carried) = (String::new(), 0);
        while let Some(line) = lines.next().transpose()? {
            let Some(request) = line.strip_prefix("> ") else {
                told.push_str(&line);
                continue;
            };
            let (method, path) = request.split_once(' ').ok_or("no path")?;
            let mut text = || -> Result<String, Failure> { Ok(lines.next().ok_or("cut off")??) };
            let (authorization, body) = (text()?, text()?);
            let url = format!("{}{path}", sold.issuer);
            let mut request = http.request(method.parse()?, url);
            if !authorization.is_empty() {
                request = request.header("authorization", authorization);
            }
            if !body.is_empty() {
                request = request
                    .header("content-type", "application/json")
                    .body(body);
            }
            let reply = request.send().await?;
            let status = reply.status().as_u16();
            let body = reply.bytes().await?;
            writeln!(input, "{status} -1 {}", body.len())?;
            input.write_all(&body)?;
            carried += 1;
        }
        assert!(child.wait()?.success(), "{way:?}: {told}");
        assert_eq!(carried, 4);
        assert!(told.ends_with(", 0 failures"), "{told}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_file_needs_nothing_but_a_root() -> Outcome {
    let sold = Sold::set().await?;
    let vault = sold.stage.computer("a-vault").await?;
    let request = vault.client.offline_request(Some(&sold.key))?;
    let answered = sold.stage.issuer()?.app.answer_offline(&request).await?;
    let OfflineAnswer::Response(response) = answered else {
        return Err("no response".into());
    };
    std::fs::write(sold.folder().join("license.lic"), response)?;
    let keyset = format!("{}/.well-known/paidup-keyset", sold.issuer);
    let keyset = reqwest::get(keyset).await?.text().await?;
    std::fs::write(sold.folder().join("keyset.jwt"), keyset.trim_end())?;
    let Sold { issuer, root, .. } = &sold;
    let arguments = [issuer, root, "a-vault", "license.lic", "keyset.jwt"];
    for way in EACH_WAY {
        let program = Program::compile(&[source("c/file.c")], "c99", Library::Verify, way, &[])?;
        let told = run(&mut program.command(sold.folder(), &arguments), "")?;
        assert!(told.ends_with(", 0 failures\n"), "{told}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_tells_and_refuses_and_serves_two_threads() -> Outcome {
    for way in EACH_WAY {
        let sold = Sold::set().await?;
        let Sold {
            issuer, root, key, ..
        } = &sold;
        let program = Program::compile(&[source("c/client.c")], "c99", Library::Client, way, &[])?;
        let told = run(
            &mut program.command(sold.folder(), &[issuer, root, key]),
            "",
        )?;
        assert!(told.ends_with(", 0 failures\n"), "{told}");
    }
    Ok(())
}
