using System.CommandLine;
using Microsoft.Extensions.Options;
using RecordingPlatform.Worker;
using RecordingPlatform.Worker.Commands;

// worker             runs jobs until it is stopped
// worker migrate     brings the database to this version, and makes the first keys and the first administrator
// worker demo        fills an empty platform with the demo organisation
var root = new RootCommand("RecordingPlatform's background worker and its maintenance commands") { MigrateCommand.Create(), DemoCommand.Create() };
root.SetAction((_, ct) => WorkerHost.RunAsync(ct));
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (OptionsValidationException wrong)
{
    foreach (var failure in wrong.Failures)
        await Console.Error.WriteLineAsync($"worker cannot start: {failure}");
    return 2;
}
