using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Storage.Azure;
using RecordingPlatform.Core.Storage.S3;

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
        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection(StorageOptions.Section))
            .Configure(options => options.Azure.ConnectionString = configuration.GetConnectionString("blobs"))
            .ValidateOnStart();

        // One for both containers; made only where the provider is asked for.
        services.AddSingleton(AzureHttp);
        services.AddSingleton(S3);
        services.AddKeyedSingleton(StoreContainer.Recordings, Open);
        services.AddKeyedSingleton(StoreContainer.Evidence, Open);
        services.AddSingleton(provider => provider.GetRequiredKeyedService<IObjectStore>(StoreContainer.Recordings));
        services.AddHostedService<ContainerSetupService>();
        return services;
    }

    static IObjectStore Open(IServiceProvider provider, object? key)
    {
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
        var container = options.ContainerOf((StoreContainer)key!).Name;
        return options.Provider switch
        {
            "azure" => new AzureObjectStore(provider.GetRequiredService<BlobHttp>(), container),
            "s3" => new S3ObjectStore(provider.GetRequiredService<S3Client>(), container, provider.GetRequiredService<ILogger<S3ObjectStore>>()),
            "disk" when OperatingSystem.IsLinux() => new DiskObjectStore(
                options.Disk, container, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DiskObjectStore>>()),
            _ => throw new NotSupportedException($"Storage:Provider is '{options.Provider}', which does not work here."),
        };
    }

    static BlobHttp AzureHttp(IServiceProvider provider)
    {
        var azure = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Azure;
        return BlobConnection.TryParse(azure.ConnectionString, out var connection, out var error)
            ? new BlobHttp(connection, azure.Timeout, provider.GetRequiredService<TimeProvider>())
            : throw new InvalidOperationException(error);
    }

    static S3Client S3(IServiceProvider provider) => new(provider.GetRequiredService<IOptions<StorageOptions>>().Value.S3);
}
