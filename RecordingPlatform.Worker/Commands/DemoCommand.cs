#pragma warning disable RS0030 // The sign-in list is a file for the person who started the demo.
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Worker.Demo;

namespace RecordingPlatform.Worker.Commands;

/// <summary>
/// <c>worker demo</c>: a user of every role and a second patient, the list of how to sign in as each, and where
/// <c>Demo:Media</c> names the folder of their media, two weeks of conversations. Safe to repeat: what is there stays as it is;
/// when the list was lost, everyone gets a new password and a new list is written.
/// </summary>
internal static class DemoCommand
{
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    sealed record Line(string Role, string Email, string Password);

    public static Command Create()
    {
        var command = new Command("demo", "Fill an empty platform with the demo organisation");
        command.SetAction((_, ct) => RunAsync(ct));
        return command;
    }

    static async Task<int> RunAsync(CancellationToken ct)
    {
        var builder = Host.CreateApplicationBuilder();
        var configuration = builder.Configuration;
        if (configuration["Demo:UsersFile"] is not { Length: > 0 } file)
        {
            await Console.Error.WriteLineAsync("demo cannot start: not set: Demo__UsersFile");
            return 2;
        }
        CommandHost.AddServices(builder.Services, configuration, configuration.GetRequiredConnectionString(DatabaseSetup.ConnectionName));
        // It ends by itself: how to stop it is no news.
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        var media = configuration["Demo:Media"];
        if (media is { Length: > 0 })
            AddSeeding(builder);
        using var host = builder.Build();
        // Makes the store's containers where they are missing.
        await host.StartAsync(ct);
        await using var scope = host.Services.CreateAsyncScope();
        if (File.Exists(file))
            Console.WriteLine($"The demo organisation is there; {file} says how to sign in.");
        else
            await MakeUsersAsync(scope.ServiceProvider, configuration, file, ct);
        if (media is { Length: > 0 } && await scope.ServiceProvider.GetRequiredService<DemoSeeder>().RunAsync(media, ct) is var added and > 0)
            Console.WriteLine($"{added} demo recordings came in; the worker makes them playable.");
        await host.StopAsync(ct);
        return 0;
    }

    static void AddSeeding(HostApplicationBuilder builder)
    {
        builder.Services.AddObjectStore(builder.Configuration);
        builder.Services.AddSingleton<ObjectSweeper>();
        builder.Services.AddSingleton<ObjectWriter>();
        builder.Services.AddScoped<RecordingIntake>();
        builder.Services.AddScoped<DemoAnnouncements>();
        builder.Services.AddScoped<DemoSeeder>();
    }

    static async Task MakeUsersAsync(IServiceProvider services, ConfigurationManager configuration, string file, CancellationToken ct)
    {
        var accounts = services.GetRequiredService<Accounts>();
        var lines = new List<Line> { new(Role.Admin, configuration["Administrator:Email"]!, configuration["Administrator:Password"]!) };
        foreach (var user in DemoPeople.All)
        {
            var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
            var id = await accounts.CreateOrResetAsync(user.Email, user.Name, [user.Role], password, ct);
            if (user.Role == Role.Patient)
                await EnsureSubjectAsync(services.GetRequiredService<RecordingDb>(), user, id, ct);
            lines.Add(new Line(user.Role, user.Email, password));
        }
        await WriteAsync(file, lines, ct);
        Console.WriteLine($"The demo organisation is ready; {file} says how to sign in.");
    }

    static async Task EnsureSubjectAsync(RecordingDb db, DemoUser user, Guid userId, CancellationToken ct)
    {
        if (await db.Subjects.AnyAsync(s => s.UserId == userId, ct))
            return;
        db.Subjects.Add(new Subject { Id = Guid.CreateVersion7(), ExternalId = user.Email[..user.Email.IndexOf('@', StringComparison.Ordinal)], DisplayName = user.Name, Email = user.Email, UserId = userId });
        await db.SaveChangesAsync(ct);
    }

    // Written whole or not at all: whoever waits for the file reads a complete one.
    static async Task WriteAsync(string file, List<Line> lines, CancellationToken ct)
    {
        var json = JsonSerializer.Serialize(lines, Json);
        var incoming = file + ".incoming";
        await using (var stream = new FileStream(incoming, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        await using (var writer = new StreamWriter(stream))
            await writer.WriteAsync(json.AsMemory(), ct);
        File.Move(incoming, file, overwrite: true);
    }
}
