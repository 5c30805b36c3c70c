using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Core.Storage;

/// <summary>The containers a deployment has, as keys of the registered <see cref="IObjectStore"/>s.</summary>
public enum StoreContainer
{
    /// <summary>Sealed objects. Also what <see cref="IObjectStore"/> without a key is.</summary>
    Recordings,

    /// <summary>Audit anchors.</summary>
    Evidence,
}

public static class ObjectStoreRegistration
{
    /// <summary>
    /// Adds one <see cref="IObjectStore"/> for each <see cref="StoreContainer"/>. A host whose section <c>Storage</c> is wrong does
    /// not start: one <see cref="OptionsValidationException"/> with every error, each naming its key.
    /// </summary>
    public static IServiceCollection AddObjectStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidation>());
        services.AddOptions<StorageOptions>().Bind(configuration.GetSection(StorageOptions.Section)).ValidateOnStart();

        services.AddKeyedSingleton<IObjectStore>(StoreContainer.Recordings, (provider, _) => Open(provider, options => options.Container));
        services.AddKeyedSingleton<IObjectStore>(StoreContainer.Evidence, (provider, _) => Open(provider, options => options.EvidenceContainer));
        services.AddSingleton(provider => provider.GetRequiredKeyedService<IObjectStore>(StoreContainer.Recordings));
        return services;
    }

    static DiskObjectStore Open(IServiceProvider provider, Func<StorageOptions, string> container)
    {
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
        if (options.Provider == "disk" && OperatingSystem.IsLinux())
        {
            return new DiskObjectStore(
                options.Disk, container(options), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DiskObjectStore>>());
        }

        throw new NotSupportedException($"Storage:Provider is '{options.Provider}', which this build does not contain.");
    }
}
