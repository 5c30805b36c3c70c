using System.Security.Cryptography;
using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    public static class ParameterResourceBuilderExtensions
    {
        public static IResourceBuilder<ParameterResource> AddParameter(
            this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
            builder.Add(new ParameterResource(name, () => value));

        /// <summary>A value of <c>Parameters:{name}</c> in the configuration wins over the default.</summary>
        public static IResourceBuilder<ParameterResource> AddParameter(
            this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
        {
            var secrets = builder.Local().Secrets;
            return builder.Add(new ParameterResource(name, () => builder.Configuration[$"Parameters:{name}"]
                ?? (persist ? secrets.GetOrAdd(name, value.GetDefaultValue) : value.GetDefaultValue())));
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    public abstract class ParameterDefault
    {
        public abstract string GetDefaultValue();
    }

    /// <summary>A random value of letters, digits and, unless switched off, marks that need no quoting in a connection string.</summary>
    public sealed class GenerateParameterDefault : ParameterDefault
    {
        // No 0, O, 1, l, I: an administrator may have to read one aloud.
        const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        const string Marks = "-_.~!*";

        public int MinLength { get; set; } = 22;

        public bool Special { get; set; } = true;

        public override string GetDefaultValue() => RandomNumberGenerator.GetString(Special ? Letters + Marks : Letters, MinLength);
    }

    public sealed class ParameterResource : Resource, IValueProvider, IManifestExpressionProvider
    {
        readonly Lazy<string> _value;

        internal ParameterResource(string name, Func<string> value)
            : base(name) => _value = new(value);

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(_value.Value);
    }
}
