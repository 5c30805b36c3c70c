using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Benchmarks.Scenarios;

// A contender that needs a process of its own runs from here too.
if (args is ["contender", var contender, .. var rest])
{
    await (contender switch
    {
        "seal-speed" => SealSpeed.RunAsync(rest),
        "seal-file" => SealFile.SealAsync(rest),
        "open-file" => SealFile.OpenAsync(rest),
        "plain-server" => PlainServer.RunAsync(rest),
        "seek" => Seek.RunAsync(rest),
        "webhook-load" => WebhookLoad.RunAsync(rest),
        "insert-server" => InsertServer.RunAsync(rest),
        "sftp" => SftpPull.RunAsync(rest),
        "delay-line" => DelayLine.RunAsync(rest),
        _ => throw new InvalidOperationException($"There is no contender {contender}."),
    });
    return 0;
}

var scenarios = new (string Name, Func<Report, Task> Run)[]
{
    Of<SealAndOpen>(),
    Of<FileToFile>(),
    Of<HttpUpload>(),
    Of<HttpDownload>(),
    Of<RangeSeek>(),
    Of<DurableInsert>(),
    Of<Webhook>(),
    Of<SftpFetch>(),
};
if (args.FirstOrDefault(a => !scenarios.Any(s => s.Name == a)) is { } unknown)
{
    Console.Error.WriteLine($"There is no scenario {unknown}. Scenarios: {string.Join(", ", scenarios.Select(s => s.Name))}.");
    return 2;
}

var report = new Report(Console.Out);
foreach (var (name, run) in scenarios.Where(s => args.Length == 0 || args.Contains(s.Name)))
{
    report.Begin(name);
    await run(report);
}
Console.WriteLine(report.Missed == 0 ? "\nEvery goal holds." : $"\n{report.Missed} goals missed.");
return report.Missed == 0 ? 0 : 1;

static (string, Func<Report, Task>) Of<T>() where T : IScenario => (T.Name, T.RunAsync);
