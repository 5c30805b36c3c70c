using Aspire.Hosting.Azure;
using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    public static class AzureManagedRedisExtensions
    {
        public static IResourceBuilder<AzureManagedRedisResource> AddAzureManagedRedis(this IDistributedApplicationBuilder builder, string name)
        {
            var password = new ParameterResource($"{name}-password",
                () => builder.Local().Secrets.GetOrAdd($"{name}-password", new GenerateParameterDefault { MinLength = 32, Special = false }.GetDefaultValue));
            var server = builder.Add(new RedisResource(name, password)).Resource;
            return builder.Add(new AzureManagedRedisResource(name, server));
        }

        /// <summary>Here the server is a process of this machine and not a container.</summary>
        public static IResourceBuilder<AzureManagedRedisResource> RunAsContainer(
            this IResourceBuilder<AzureManagedRedisResource> builder, Action<IResourceBuilder<RedisResource>>? configureContainer = null)
        {
            configureContainer?.Invoke(builder.ApplicationBuilder.Wrap(builder.Resource.Server));
            return builder;
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A Redis server of this machine. What it holds ends with it.</summary>
    public sealed class RedisResource : Resource, IResourceWithEndpoints
    {
        internal RedisResource(string name, ParameterResource password)
            : base(name)
        {
            Password = password;
            Endpoints.Add(new("tcp", port: null, environmentVariable: null));
            Program = new RedisProgram(this);
        }

        internal ParameterResource Password { get; }

        internal int Port => Endpoints[0].Allocated;

        internal override LocalProgram Program { get; }
    }
}

namespace Aspire.Hosting.Azure
{
    public sealed class AzureManagedRedisResource : Resource, IResourceWithConnectionString
    {
        internal AzureManagedRedisResource(string name, RedisResource server)
            : base(name) => Server = server;

        internal RedisResource Server { get; }

        internal override Resource Process => Server;

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) =>
            $"127.0.0.1:{Server.Port},password={await Server.Password.GetValueAsync(cancellationToken)}";
    }
}
