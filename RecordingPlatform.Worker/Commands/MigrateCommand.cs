using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Worker.Commands;

/// <summary>
/// <c>worker migrate</c>: roles, schema, the first keys, the portal's credential and the first administrator. Safe to run at
/// every deployment: what is there stays as it is.
/// </summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "Bring the database to this version, and make the first keys and the first administrator");
        command.SetAction((_, ct) => RunAsync(ct));
        return command;
    }

    static async Task<int> RunAsync(CancellationToken ct)
    {
        var builder = Host.CreateApplicationBuilder();
        var configuration = builder.Configuration;
        var missing = new[] { $"ConnectionStrings:{DatabaseSetup.ConnectionName}", "Database:OwnerPassword", "Database:AppPassword", "Administrator:Email", "Administrator:Password", "Portal:ApiKey" }
            .Where(key => string.IsNullOrEmpty(configuration[key])).ToList();
        if (missing.Count > 0)
        {
            await Console.Error.WriteLineAsync($"migrate cannot start: not set: {string.Join(", ", missing.Select(key => key.Replace(":", "__", StringComparison.Ordinal)))}");
            return 2;
        }
        var owner = await Migrator.PrepareRolesAsync(configuration.GetRequiredConnectionString(DatabaseSetup.ConnectionName), configuration["Database:OwnerPassword"]!, configuration["Database:AppPassword"]!, ct);
        await Migrator.MigrateAsync(owner, ct);
        Console.WriteLine("The database is at this version.");

        CommandHost.AddServices(builder.Services, configuration, owner);
        using var host = builder.Build();
        await KeySetup.EnsureAsync(host.Services.GetRequiredService<NpgsqlDataSource>(), host.Services.GetRequiredService<LocalKek>(),
            host.Services.GetRequiredService<TimeProvider>(), host.Services.GetRequiredService<ILogger<LocalKek>>(), ct);
        await using var scope = host.Services.CreateAsyncScope();
        await EnsurePortalKeyAsync(scope.ServiceProvider, configuration["Portal:ApiKey"]!, ct);
        await EnsureAdministratorAsync(scope.ServiceProvider, configuration["Administrator:Email"]!, configuration["Administrator:Password"]!, ct);
        return 0;
    }

    static async Task EnsurePortalKeyAsync(IServiceProvider services, string key, CancellationToken ct)
    {
        var db = services.GetRequiredService<RecordingDb>();
        var hash = SecretToken.HashOf(key);
        var now = await db.NowAsync(ct);
        // A new key replaces the old one, which ends at once.
        await db.ApiKeys.Where(k => k.Name == "portal" && k.KeyHash != hash && k.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, now), ct);
        if (await db.ApiKeys.AnyAsync(k => k.KeyHash == hash && k.RevokedAt == null, ct))
            return;
        var portal = new ApiKey { Id = Guid.CreateVersion7(), Name = "portal", Prefix = key[..Math.Min(8, key.Length)], KeyHash = hash, Scopes = [Permission.PortalServe] };
        db.ApiKeys.Add(portal);
        await services.GetRequiredService<AuditTrail>().RecordAsync(AuditAction.ApiKeyCreated, Caller.System, ct, new AuditTarget("api_key", portal.Id));
        await db.SaveChangesAsync(ct);
        Console.WriteLine("The portal's key is set.");
    }

    static async Task EnsureAdministratorAsync(IServiceProvider services, string email, string password, CancellationToken ct)
    {
        var db = services.GetRequiredService<RecordingDb>();
        if (await db.UserRoles.AnyAsync(r => r.Role == Role.Admin, ct))
            return;
        await services.GetRequiredService<Accounts>().CreateAsync(email, "Administrator", [Role.Admin], password, ct);
        Console.WriteLine($"The first administrator is {email}.");
    }
}
