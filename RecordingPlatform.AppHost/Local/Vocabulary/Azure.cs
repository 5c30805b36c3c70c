using Aspire.Hosting.Azure;
using Aspire.Hosting.Azure.AppContainers;
using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    public static class AzurePostgresExtensions
    {
        public static IResourceBuilder<AzurePostgresFlexibleServerResource> AddAzurePostgresFlexibleServer(
            this IDistributedApplicationBuilder builder, string name)
        {
            var password = new ParameterResource($"{name}-password",
                () => builder.Local().Secrets.GetOrAdd($"{name}-password", new GenerateParameterDefault { MinLength = 32, Special = false }.GetDefaultValue));
            var server = builder.Add(new PostgresServerResource(name, password)).Resource;
            return builder.Add(new AzurePostgresFlexibleServerResource(name, server));
        }

        /// <summary>Here the server is a process of this machine and not a container.</summary>
        public static IResourceBuilder<AzurePostgresFlexibleServerResource> RunAsContainer(
            this IResourceBuilder<AzurePostgresFlexibleServerResource> builder, Action<IResourceBuilder<PostgresServerResource>>? configureContainer = null)
        {
            configureContainer?.Invoke(builder.ApplicationBuilder.Wrap(builder.Resource.Server));
            return builder;
        }

        public static IResourceBuilder<AzurePostgresFlexibleServerDatabaseResource> AddDatabase(
            this IResourceBuilder<AzurePostgresFlexibleServerResource> builder, string name, string? databaseName = null)
        {
            builder.Resource.Server.Databases.Add(databaseName ?? name);
            return builder.ApplicationBuilder.Add(new AzurePostgresFlexibleServerDatabaseResource(name, databaseName ?? name, builder.Resource.Server));
        }
    }

    public static class PostgresBuilderExtensions
    {
        /// <summary>Keeps the data between runs; without it every start begins with an empty server.</summary>
        public static IResourceBuilder<PostgresServerResource> WithDataVolume(
            this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
        {
            builder.Resource.KeepsData = true;
            return builder;
        }
    }

    // Where things run in Azure has no meaning on one machine.
    public static class AzureContainerAppExtensions
    {
        public static IResourceBuilder<AzureContainerAppEnvironmentResource> AddAzureContainerAppEnvironment(
            this IDistributedApplicationBuilder builder, string name) => builder.Add(new AzureContainerAppEnvironmentResource(name));

        public static IResourceBuilder<T> PublishAsAzureContainerAppJob<T>(this IResourceBuilder<T> resource)
            where T : IComputeResource => resource;
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A PostgreSQL server of this machine, with the databases that were asked of it.</summary>
    public sealed class PostgresServerResource : Resource, IResourceWithEndpoints
    {
        internal PostgresServerResource(string name, ParameterResource password)
            : base(name)
        {
            Password = password;
            Endpoints.Add(new("tcp", port: null, environmentVariable: null));
            Program = new PostgresProgram(this);
        }

        internal ParameterResource Password { get; }

        internal List<string> Databases { get; } = [];

        internal bool KeepsData { get; set; }

        internal int Port => Endpoints[0].Allocated;

        internal override LocalProgram Program { get; }
    }
}

namespace Aspire.Hosting.Azure
{
    public sealed class AzurePostgresFlexibleServerResource : Resource, IResourceWithEndpoints
    {
        internal AzurePostgresFlexibleServerResource(string name, PostgresServerResource server)
            : base(name) => Server = server;

        public ReferenceExpression Host { get; } = ReferenceExpression.Create($"127.0.0.1");

        public ReferenceExpression Port => new([_ => ValueTask.FromResult<string?>($"{Server.Port}")]);

        internal PostgresServerResource Server { get; }

        internal override Resource Process => Server;
    }

    public sealed class AzurePostgresFlexibleServerDatabaseResource : Resource, IResourceWithConnectionString
    {
        readonly string _databaseName;
        readonly PostgresServerResource _server;

        internal AzurePostgresFlexibleServerDatabaseResource(string name, string databaseName, PostgresServerResource server)
            : base(name) => (_databaseName, _server) = (databaseName, server);

        internal override Resource Process => _server;

        /// <summary>The sign-in of the server's administrator: for migrations, not for what serves.</summary>
        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) =>
            $"Host=127.0.0.1;Port={_server.Port};Username=postgres;Password={await _server.Password.GetValueAsync(cancellationToken)};Database={_databaseName}";
    }
}

namespace Aspire.Hosting.Azure.AppContainers
{
    public sealed class AzureContainerAppEnvironmentResource : Resource
    {
        internal AzureContainerAppEnvironmentResource(string name)
            : base(name)
        {
        }
    }
}
