#pragma warning disable RS0030 // The sign-in list is a file for the person who started the demo.
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Worker.Commands;

/// <summary>
/// <c>worker demo</c>: a user of every role and a second patient, and the list of how to sign in as each. Safe to repeat: with
/// the list in place it changes nothing; when the list was lost, everyone gets a new password and a new list is written.
/// </summary>
internal static class DemoCommand
{
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    const string Domain = "demo.example";

    sealed record DemoUser(string Role, string Email, string Name);

    static readonly DemoUser[] Users =
    [
        new(Role.Clinician, $"clinician@{Domain}", "Dr. Ada Lindqvist"),
        new(Role.Patient, $"patient@{Domain}", "Sam Okafor"),
        new(Role.Patient, $"patient2@{Domain}", "Mira Castellanos"),
        new(Role.Operator, $"operator@{Domain}", "Jonas Weber"),
        new(Role.PracticeManager, $"manager@{Domain}", "Priya Raman"),
        new(Role.ComplianceOfficer, $"compliance@{Domain}", "Helena Novak"),
        new(Role.Integration, $"integration@{Domain}", "Booking system"),
    ];

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
        if (File.Exists(file))
        {
            Console.WriteLine($"The demo organisation is there; {file} says how to sign in.");
            return 0;
        }
        CommandHost.AddServices(builder.Services, configuration, configuration.GetRequiredConnectionString(DatabaseSetup.ConnectionName));
        using var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<Accounts>();
        var lines = new List<Line> { new(Role.Admin, configuration["Administrator:Email"]!, configuration["Administrator:Password"]!) };
        foreach (var user in Users)
        {
            var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
            var id = await accounts.CreateOrResetAsync(user.Email, user.Name, [user.Role], password, ct);
            if (user.Role == Role.Patient)
                await EnsureSubjectAsync(scope.ServiceProvider.GetRequiredService<RecordingDb>(), user, id, ct);
            lines.Add(new Line(user.Role, user.Email, password));
        }
        await WriteAsync(file, lines, ct);
        Console.WriteLine($"The demo organisation is ready; {file} says how to sign in.");
        return 0;
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
