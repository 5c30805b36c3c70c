using System.Security.Cryptography;
using Aspire.Hosting.Azure;
using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    public static class AzureStorageExtensions
    {
        /// <summary>An account key is 512 bits, in base64.</summary>
        const int KeyBytes = 64;

        public static IResourceBuilder<AzureStorageResource> AddAzureStorage(this IDistributedApplicationBuilder builder, string name)
        {
            var key = new ParameterResource($"{name}-key",
                () => builder.Local().Secrets.GetOrAdd($"{name}-key", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
            var emulator = builder.Add(new AzureStorageEmulatorResource(name, key)).Resource;
            return builder.Add(new AzureStorageResource(name, emulator));
        }

        /// <summary>Here the emulator is a process of this machine and not a container.</summary>
        public static IResourceBuilder<AzureStorageResource> RunAsEmulator(
            this IResourceBuilder<AzureStorageResource> builder, Action<IResourceBuilder<AzureStorageEmulatorResource>>? configureContainer = null)
        {
            configureContainer?.Invoke(builder.ApplicationBuilder.Wrap(builder.Resource.Emulator));
            return builder;
        }

        /// <summary>Keeps the data between runs; without it every start begins with an empty account.</summary>
        public static IResourceBuilder<AzureStorageEmulatorResource> WithDataVolume(
            this IResourceBuilder<AzureStorageEmulatorResource> builder, string? name = null, bool isReadOnly = false)
        {
            builder.Resource.KeepsData = true;
            return builder;
        }

        public static IResourceBuilder<AzureBlobStorageResource> AddBlobs(this IResourceBuilder<AzureStorageResource> builder, string name) =>
            builder.ApplicationBuilder.Add(new AzureBlobStorageResource(name, builder.Resource.Emulator));
    }
}

namespace Aspire.Hosting.Azure
{
    /// <summary>Azurite on this machine, with an account and a key of its own.</summary>
    public sealed class AzureStorageEmulatorResource : Resource, IResourceWithEndpoints
    {
        internal AzureStorageEmulatorResource(string name, ParameterResource key)
            : base(name)
        {
            Key = key;
            Endpoints.Add(new("blob", port: null, environmentVariable: null));
            Program = new AzuriteProgram(this);
        }

        /// <summary>Three to twenty-four lower-case letters and digits.</summary>
        internal const string Account = "recordings";

        internal ParameterResource Key { get; }

        internal bool KeepsData { get; set; }

        internal override LocalProgram Program { get; }
    }

    public sealed class AzureStorageResource : Resource
    {
        internal AzureStorageResource(string name, AzureStorageEmulatorResource emulator)
            : base(name) => Emulator = emulator;

        internal AzureStorageEmulatorResource Emulator { get; }

        internal override Resource Process => Emulator;
    }

    public sealed class AzureBlobStorageResource : Resource, IResourceWithConnectionString
    {
        readonly AzureStorageEmulatorResource _emulator;

        internal AzureBlobStorageResource(string name, AzureStorageEmulatorResource emulator)
            : base(name) => _emulator = emulator;

        internal override Resource Process => _emulator;

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) =>
            $"DefaultEndpointsProtocol=http;AccountName={AzureStorageEmulatorResource.Account};AccountKey={await _emulator.Key.GetValueAsync(cancellationToken)};"
            + $"BlobEndpoint=http://127.0.0.1:{_emulator.Endpoints[0].Allocated}/{AzureStorageEmulatorResource.Account};";
    }
}
