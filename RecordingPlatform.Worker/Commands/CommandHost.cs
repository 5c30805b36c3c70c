using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Worker.Commands;

/// <summary>What maintenance commands share: data, keys and accounts, without the job loop.</summary>
internal static class CommandHost
{
    public static void AddServices(IServiceCollection services, IConfiguration configuration, string connectionString)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddRecordingDb(connectionString);
        services.AddEnvelopeKeys(configuration);
        services.AddIdentityCore<User>(AccessSetup.Configure).AddEntityFrameworkStores<RecordingDb>();
        services.AddScoped<AuditTrail>();
        services.AddScoped<Accounts>();
    }
}
