using Azure.Core.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Core.Keys;

/// <summary>Section <c>Keys</c>.</summary>
public sealed class KeyOptions
{
    public const string Section = "Keys";

    /// <summary>The embedded KEK's file; needed where no vault is configured.</summary>
    public string? LocalFile { get; set; }

    /// <summary>The embedded KEK serves in Production only when this says so.</summary>
    public bool AllowLocalInProduction { get; set; }
}

public static class KeyRegistration
{
    /// <summary>The connection name of Aspire's conventions: <c>ConnectionStrings__vault</c>. Absent: the embedded KEK.</summary>
    public const string VaultConnectionName = "vault";

    /// <summary>Registers <see cref="EnvelopeKeys"/>, its KEK, the probe and rotation; the host runs the probe. Needs the data source of <c>AddRecordingDb</c>.</summary>
    public static IServiceCollection AddEnvelopeKeys(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<KeyOptions>().Bind(configuration.GetSection(KeyOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<KeyOptions>>(provider => new KeyOptionsCheck(configuration, provider.GetRequiredService<IHostEnvironment>()));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new LocalKek(provider.GetRequiredService<IOptions<KeyOptions>>().Value.LocalFile!, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IKeyEncryptionKeyResolver>(provider => provider.GetRequiredService<LocalKek>());
        services.TryAddSingleton<EnvelopeKeys>();
        services.TryAddSingleton<KekProbe>();
        services.TryAddSingleton<KekRotation>();
        services.AddHostedService<KekProbing>();
        return services;
    }
}

/// <summary>All that is wrong with the settings, each by its key.</summary>
internal sealed class KeyOptionsCheck(IConfiguration configuration, IHostEnvironment environment) : IValidateOptions<KeyOptions>
{
    public ValidateOptionsResult Validate(string? name, KeyOptions options)
    {
        List<string> wrong = [];
        if (!string.IsNullOrEmpty(configuration.GetConnectionString(KeyRegistration.VaultConnectionName)))
            wrong.Add($"ConnectionStrings:{KeyRegistration.VaultConnectionName} names a key vault, but only the embedded key-encryption key is built in.");
        if (string.IsNullOrWhiteSpace(options.LocalFile))
            wrong.Add("Keys:LocalFile is missing: the file of the embedded key-encryption key.");
        if (environment.IsProduction() && !options.AllowLocalInProduction)
            wrong.Add("Keys:AllowLocalInProduction must be true before the embedded key-encryption key serves in Production: whoever can read its file can read every recording.");
        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
    }
}
